BeforeAll {
    & "$PSScriptRoot/Import-ZImage.ps1"
    $model = Import-ZModel -Demo -Device CPU -Threads 1 -Name faults
    $demo = (Resolve-Path "$PSScriptRoot/../Module/demo-model").Path
    $image = New-ZImage 'a cat' -Size 64x64 -Steps 1
    $here = Join-Path $TestDrive 'here'
    $null = New-Item $here -ItemType Directory
    Set-Content (Join-Path $here 'notes.txt') 'no picture, and no model'
    Copy-Item (Join-Path $here 'notes.txt') (Join-Path $here 'notes.gguf')
    Copy-Item (Join-Path $here 'notes.txt') (Join-Path $here 'notes.png')
    $image | Save-ZImage -Path (Join-Path $here 'there.png')
    Push-Location $here
}

AfterAll {
    Pop-Location
    Get-ZModel | Remove-ZModel
}

Describe 'A fault of one item' {
    It '<id>: <what>' -ForEach @(
        @{ id = 'ModelFileNotFound'; what = 'a folder of models that is not there'; category = 'ObjectNotFound'; names = 'nosuch'; run = { Import-ZModel -LiteralPath nosuch -Device CPU } }
        @{ id = 'PathInvalid'; what = 'a pattern that nothing matches'; category = 'InvalidArgument'; names = 'nosuch*'; run = { Import-ZModel 'nosuch*' -Device CPU } }
        @{ id = 'PathNotFileSystem'; what = 'a path of another provider'; category = 'InvalidArgument'; names = 'Env:'; run = { Get-ZModel -LiteralPath Env:\PATH } }
        @{ id = 'ModelFolderIncomplete'; what = 'a folder without models'; category = 'ObjectNotFound'; names = 'here'; run = { Import-ZModel $here -Device CPU } }
        @{ id = 'NotAModelFile'; what = 'a file that is no model'; category = 'InvalidData'; names = 'notes.gguf'; run = { Get-ZModel -Path notes.gguf } }
        @{ id = 'WrongComponent'; what = 'the file of another component'; category = 'InvalidArgument'; names = 'ae-demo'; run = { $f = $model.Files; Import-ZModel -Diffusion $f.Vae -TextEncoder $f.TextEncoder -Vae $f.Vae -Device CPU } }
        @{ id = 'DeviceNotFound'; what = 'a device that is not there'; category = 'ObjectNotFound'; names = 'CUDA99'; run = { Get-ZDevice CUDA99 } }
        @{ id = 'SessionNameInUse'; what = 'a name in use'; category = 'ResourceExists'; names = 'faults'; run = { Import-ZModel -Demo -Device CPU -Name faults } }
        @{ id = 'SessionNotFound'; what = 'a model that is not imported'; category = 'ObjectNotFound'; names = 'nosuch'; run = { New-ZImage 'a cat' -Model nosuch } }
        @{ id = 'UnknownSampler'; what = 'a sampler'; category = 'InvalidArgument'; names = 'nosuch'; run = { New-ZImage 'a cat' -Sampler nosuch } }
        @{ id = 'UnknownScheduler'; what = 'a scheduler'; category = 'InvalidArgument'; names = 'nosuch'; run = { New-ZImage 'a cat' -Scheduler nosuch } }
        @{ id = 'InvalidImageSize'; what = 'a size'; category = 'InvalidArgument'; names = '100x64'; run = { New-ZImage 'a cat' -Size 100x64 } }
        @{ id = 'InvalidSetting'; what = 'a number out of range'; category = 'InvalidArgument'; names = 'Steps'; run = { New-ZImage 'a cat' -Steps 0 } }
        @{ id = 'InvalidSetting'; what = 'a tile'; category = 'InvalidArgument'; names = 'VaeTileSize'; run = { Set-ZOffload -VaeTileSize 100 } }
        @{ id = 'BudgetTooSmall'; what = 'a budget'; category = 'LimitsExceeded'; names = 'KiB|MiB'; run = { Set-ZOffload -VramBudget 16KB -WarningAction SilentlyContinue; try { New-ZImage 'a cat' -Size 64x64 } finally { Set-ZOffload -VramBudget auto } } }
        @{ id = 'ImageFileNotFound'; what = 'a picture that is not there'; category = 'ObjectNotFound'; names = 'nosuch.png'; run = { Get-ZImageInfo -LiteralPath nosuch.png } }
        @{ id = 'ImageFileUnreadable'; what = 'a file that is no picture'; category = 'ReadError'; names = 'notes.png'; run = { Get-ZImageInfo notes.png } }
        @{ id = 'ImageFileExists'; what = 'a picture that exists'; category = 'ResourceExists'; names = 'there.png'; run = { $image | Save-ZImage -Path there.png } }
        @{ id = 'UnsupportedImageFormat'; what = 'a format of pictures'; category = 'InvalidArgument'; names = 'x.tiff'; run = { $image | Save-ZImage -Path x.tiff } }
        @{ id = 'ImageFormatMismatch'; what = 'two formats of one picture'; category = 'InvalidArgument'; names = 'x.png'; run = { $image | Save-ZImage -Path x.png -Format Jpeg } }
        @{ id = 'InvalidSetting'; what = 'a row of the suite'; category = 'InvalidArgument'; names = 'Row'; run = { Measure-ZGeneration -Suite VramOffload -Row 9 } }
        @{ id = 'UnknownConfigurationKey'; what = 'a setting of a configuration'; category = 'InvalidArgument'; names = 'Nosuch'; run = { Measure-ZGeneration -Configuration @{ Nosuch = 1 } } }
    ) {
        # What comes after it is done all the same.
        $after = & { & $run; 'went on' } 2>&1
        $problem = @($after | Where-Object { $_ -is [Management.Automation.ErrorRecord] })
        $problem | Should -HaveCount 1
        $after[-1] | Should -Be 'went on'
        $problem[0].FullyQualifiedErrorId | Should -BeLike "$id,*"
        $problem[0].CategoryInfo.Category | Should -Be $category
        $problem[0].Exception.Message | Should -Match ([regex]::Escape($names).Replace('\|', '|'))
        $problem[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
        if ($id -ne 'BudgetTooSmall') {
            $problem[0].TargetObject | Should -Not -BeNullOrEmpty
        }
    }

    It 'leaves the other items of <command> alone' -ForEach @(
        @{ command = 'New-ZImage'; run = { 'euler', 'nosuch', 'heun' | ForEach-Object { [pscustomobject] @{ Prompt = 'a cat'; Sampler = $_ } } | New-ZImage -Size 64x64 -Steps 1 } }
        @{ command = 'Get-ZImageInfo'; run = { Get-ZImageInfo -LiteralPath there.png, nosuch.png, there.png } }
        @{ command = 'Get-ZModel'; run = { Get-ZModel -LiteralPath $model.Files.Vae, nosuch.gguf, $model.Files.TextEncoder } }
        @{ command = 'Get-ZMemoryPlan'; run = { '64x64', '65x64', '128x64' | ForEach-Object { [pscustomobject] @{ Size = $_ } } | Get-ZMemoryPlan } }
        @{ command = 'Save-ZImage'; run = { $index = 0; $image, $image, $image | Save-ZImage -Path '{index}.png' -PassThru } }
    ) {
        if ($command -eq 'Save-ZImage') {
            Set-Content 1.png 'in the way'
        }
        $good = & $run -ErrorAction SilentlyContinue 2>&1
        @($good | Where-Object { $_ -is [Management.Automation.ErrorRecord] }) | Should -HaveCount 1
        @($good | Where-Object { $_ -isnot [Management.Automation.ErrorRecord] }).Count | Should -BeGreaterOrEqual 2
    }

    It 'ends the script with $ErrorActionPreference = Stop' {
        { & { $ErrorActionPreference = 'Stop'; New-ZImage 'a cat' -Sampler nosuch; 'never' } } | Should -Throw -ErrorId 'UnknownSampler,*'
    }

    It 'is remembered by $? and $Error, and is silent with -ErrorAction Ignore' {
        $before = $Error.Count
        New-ZImage 'a cat' -Sampler nosuch -ErrorAction SilentlyContinue
        $? | Should -BeFalse
        $Error[0].FullyQualifiedErrorId | Should -BeLike 'UnknownSampler,*'
        New-ZImage 'a cat' -Sampler nosuch -ErrorAction Ignore 2>&1 | Should -BeNullOrEmpty
        $Error.Count - $before | Should -BeLessOrEqual 1
    }
}

Describe 'A fault of every item' {
    It 'ends the pipeline: <what>' -ForEach @(
        @{ what = 'a model that was removed'; id = 'SessionClosed'; run = { $gone = Import-ZModel -Demo -Device CPU -Name gone; Remove-ZModel $gone; 'a', 'b' | New-ZImage -Model $gone } }
        @{ what = 'a template that means nothing'; id = 'FileNameTemplateInvalid'; run = { $image | Save-ZImage -Path '{nosuch}.png' } }
        @{ what = 'a report that has no format'; id = 'ReportFormatUnknown'; run = { Measure-ZGeneration -Size 64x64 -Steps 1 -Warmup 0 | Export-ZReport x.doc } }
    ) {
        $problem = try { & $run; 'went on' } catch { $_ }
        $problem.FullyQualifiedErrorId | Should -BeLike "$id,*"
        $problem.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }

    It 'says how to import a model where there is none' {
        Get-ZModel | Remove-ZModel
        try {
            $problem = try { 'a', 'b' | New-ZImage } catch { $_ }
            $problem.FullyQualifiedErrorId | Should -BeLike 'NoModel,*'
            $problem.ErrorDetails.RecommendedAction | Should -BeLike '*Import-ZModel*'
        } finally {
            $model = Import-ZModel -Demo -Device CPU -Threads 1 -Name faults
        }
    }
}

Describe 'An argument that means nothing' {
    It 'lists what does: <line>' -ForEach @(
        @{ line = 'New-ZImage x -Size large'; says = '*1024x768*' }
        @{ line = 'New-ZImage x -Rng dice'; says = '*Cuda, Cpu*' }
        @{ line = 'Set-ZOffload -OffloadMode fast'; says = '*Auto, None, CondOnly, CondDiffusion, Aggressive, LayerStreaming*' }
        @{ line = 'Set-ZOffload -Reload tape'; says = '*Auto, Memory, File*' }
        @{ line = 'Set-ZOffload -VaeTiling maybe'; says = '*Auto, On, Off*' }
        @{ line = 'Set-ZOffload -PromptCache tape'; says = '*Memory, Disk, Off*' }
        @{ line = 'Set-ZOffload -VramBudget lots'; says = '*8.5GB*80%*auto*' }
        @{ line = 'Set-ZOffload -VaeTileSize large'; says = '*whole number*' }
        @{ line = 'Measure-ZGeneration -Suite nosuch'; says = '*VramOffload*' }
        @{ line = 'Measure-ZGeneration -Timeout never'; says = '*seconds*' }
    ) {
        $problem = try { & ([scriptblock]::Create($line)) } catch { $_ }
        $problem.FullyQualifiedErrorId | Should -BeLike 'ParameterArgumentTransformationError,*'
        $problem.Exception.Message | Should -BeLike $says
    }
}

BeforeAll {
    & "$PSScriptRoot/Import-ZImage.ps1"
    $demo = (Resolve-Path "$PSScriptRoot/../Module/demo-model").Path
}

Describe 'Import-ZModel' {
    AfterEach {
        Get-ZModel | Remove-ZModel
    }

    It 'imports the demo model' {
        $model = Import-ZModel -Demo -Device CPU
        $model.Name | Should -Be 'demo'
        $model.Device.Name | Should -Be 'CPU'
        $model.Components.Count | Should -Be 3
        $model.IsClosed | Should -BeFalse
    }

    It 'takes a folder that was found with Get-Item' {
        (Get-Item $demo | Import-ZModel -Device CPU).Name | Should -Be 'demo-model'
    }

    It 'takes three files' {
        $files = @{}
        foreach ($component in (Import-ZModel -Demo -Device CPU).Components) {
            $files["$($component.Kind)"] = $component.Path
        }
        $model = Import-ZModel -Diffusion $files.Transformer -TextEncoder $files.TextEncoder -Vae $files.Autoencoder -Device CPU -Name mine
        $model.Name | Should -Be 'mine'
        $model.Files.Vae | Should -Be $files.Autoencoder
    }

    It 'shows the session in a table and in a list' {
        $model = Import-ZModel -Demo -Device CPU
        $model | Format-Table | Out-String -Width 120 | Should -Match '(?m)^demo\s+CPU\s+Ready\s+Auto\s+[\d.,]+\s+[\d.,]+\s+[\d.,]+\s+[\d.,]+\s+\S'
        $list = $model | Format-List | Out-String -Width 200
        $list | Should -Match 'Defaults\s+: \d+x\d+, \d+ steps of \w+ on \w+'
        $list | Should -Match 'Offload\s+: Auto, reload Auto'
        $list | Should -Match 'OnDevice\s+: [\d.,]+ of [\d.,]+ MiB \(VramBudget auto\)'
        $list | Should -Match 'Transformer: [\d.,]+ M weights'
    }

    It 'takes the options of offloading' {
        $model = Import-ZModel -Demo -Device CPU -OffloadMode cond_only -TextEncoderOnCpu -VaeOnCpu -Reload File -VramBudget 4GB -RamBudget 50% -WarningAction SilentlyContinue
        $model.OffloadMode | Should -Be 'CondOnly'
        $model.Offload.TextEncoderOnCpu -and $model.Offload.VaeOnCpu | Should -BeTrue
        $model.Offload.Reload | Should -Be 'File'
        "$($model.Offload.VramBudget) $($model.Offload.RamBudget)" | Should -Be '4GB 50%'
    }

    It 'takes them from a CSV file, empty cells too' {
        $row = "Path,Device,Threads,OffloadMode,TextEncoderOnCpu,VaeOnCpu,Reload,VramBudget,RamBudget`n$demo,CPU,1,layer-streaming,,true,,-1GB," | ConvertFrom-Csv
        $model = $row | Import-ZModel -WarningAction SilentlyContinue
        $model.OffloadMode | Should -Be 'LayerStreaming'
        $model.Offload.TextEncoderOnCpu | Should -BeFalse
        $model.Offload.VaeOnCpu | Should -BeTrue
        $model.Offload.VramBudget.ToString() | Should -Be '-1GB'
    }

    It 'says which file does not fit' {
        $text = Join-Path $TestDrive 'notes.gguf'
        Set-Content $text 'not a model'
        Import-ZModel -Diffusion $text -TextEncoder $text -Vae $text -Device CPU -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem.Exception.Message | Should -BeLike "*'$text' is not a model file*"
        $problem.FullyQualifiedErrorId | Should -BeLike 'NotAModelFile,*'
    }

    It 'says where it looked for a folder that is not there' {
        Import-ZModel (Join-Path $TestDrive 'nosuch') -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem.Exception.Message | Should -BeLike '*nosuch*'
        $problem[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }

    It 'explains itself with -Verbose' {
        Import-ZModel -Demo -Device CPU -Verbose 4>&1 | Out-String | Should -Match 'Loaded demo on CPU'
    }
}

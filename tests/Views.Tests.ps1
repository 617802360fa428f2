BeforeAll {
    & "$PSScriptRoot/Import-ZImage.ps1"
    $model = Import-ZModel -Demo -Device CPU -Threads 1
    $image = New-ZImage 'a cat' -Size 64x64 -Steps 2 -Seed 42
    $plan = Get-ZMemoryPlan -Size 64x64 -Steps 2 -OffloadMode CondOnly -VramBudget 1GB
    $run = Measure-ZGeneration -Size 64x64 -Steps 1 -Warmup 0 -Configuration @{ Name = 'as it is' }

    # What differs from run to run and from machine to machine.
    function Show([object] $what, [string] $as) {
        $text = $as -eq 'List' ? ($what | Format-List | Out-String -Width 400) : ($what | Format-Table | Out-String -Width 200)
        $lines = $text -split '\r?\n' | ForEach-Object TrimEnd | Where-Object Length
        $lines = $lines -replace '\b[0-9a-f]{64}\b', 'HASH' -replace '\b[0-9a-f]{10}\b', 'HASH' -replace '\d[\d,]*[.,]\d+', 'N' -replace '\((Condition|Sample|Decode)\)', '(PHASE)'
        ($lines | ForEach-Object { ($_ -replace '\s+', ' ').Trim() }) -join "`n"
    }
}

AfterAll {
    Get-ZModel | Remove-ZModel
}

Describe 'Every type of result' {
    BeforeAll {
        # The types of results and of their properties, of ours; random weights are no result.
        $seen = [Collections.Generic.HashSet[type]]::new()
        function Follow([type] $type) {
            foreach ($part in @($type.GetGenericArguments()) + @($type.GetElementType()) + $type) {
                if ($null -eq $part -or $part.Namespace -notlike 'ZImage*' -or $part.Namespace -eq 'ZImage.Engine.Synthetic' -or $part.IsEnum -or $part.IsGenericType -or $part.IsArray -or -not $seen.Add($part)) {
                    continue
                }
                $part.GetProperties('Public,Instance') | ForEach-Object { Follow $_.PropertyType }
            }
        }
        function HasViews([type] $type) {
            $controls = (Get-FormatData -TypeName $type.FullName -PowerShellVersion 7.6).FormatViewDefinition.Control
            [bool] ($controls | Where-Object { $_ -is [Management.Automation.TableControl] }) -and [bool] ($controls | Where-Object { $_ -is [Management.Automation.ListControl] })
        }
        $results = (Get-Command -Module ZImage).OutputType.Type | Where-Object Namespace -Like 'ZImage*' | Select-Object -Unique
    }

    It 'has a table and a list' {
        $results | Where-Object { -not (HasViews $_) } | ForEach-Object FullName | Should -BeNullOrEmpty
    }

    It 'has properties that have both, or a text of their own' {
        $results | ForEach-Object { Follow $_ }
        $seen.Count | Should -BeGreaterThan 15
        $seen | Where-Object {
            $text = $_.GetMethod('ToString', [type[]] @())
            $written = $text.DeclaringType -ne [object] -and $text.DeclaringType -ne [ValueType] -and -not $text.IsDefined([Runtime.CompilerServices.CompilerGeneratedAttribute], $false)
            -not $written -and -not (HasViews $_)
        } | ForEach-Object FullName | Should -BeNullOrEmpty
    }

    It 'fits into 120 columns, without escape sequences' {
        $image, $image.Timeline, $image.Timeline.Entries, $image.Plan, $image.Plan.Phases, $model, $model.Defaults, $model.Offload, $model.Components, $model.Identity, $image.Request, $run, $run.Settings | ForEach-Object {
            $lines = ($_ | Format-Table | Out-String -Width 120) -split '\r?\n'
            ($lines | Measure-Object Length -Maximum).Maximum | Should -BeLessOrEqual 120
        }
        $image.PSObject.Properties.Value -match "`e" | Should -BeNullOrEmpty
    }
}

Describe 'The view of' {
    It '<what> as a <as>' -ForEach @(
        @{ what = 'an image'; as = 'List'; object = { $image }; expected = @'
Prompt : a cat
Size : 64x64
Seed : 42
Sampling : 2 steps of euler on flow_match, shift 3, CFG scale 1
Model : z-image-demo-q8_0
Device : CPU
Plan : 64x64 on CPU, mode None (chosen by Auto): at most N MiB of N GiB (PHASE), N MiB moved a run.
PeakMemory : N MiB
Moved : N MiB
PixelHash : HASH
Duration : N s
Phases : Tokenize N s, Offload N s, Condition N s, Sample N s, Decode N s
'@ }
        @{ what = 'a timeline'; as = 'Table'; object = { $image.Timeline }; expected = @'
Parts Time (s) Peak (MiB) Moved (MiB) Phases
----- -------- ---------- ----------- ------
8 N N N Tokenize N s, Offload N s, Condition N s, Sample N s, Decode N s
'@ }
        @{ what = 'a part of it'; as = 'List'; object = { $image.Timeline.Entries[0] }; expected = @'
Phase : Tokenize
Name : prompt
Start : N s
Time : N s
OnDevice : N MiB, at most N MiB
Moved : N MiB
'@ }
        @{ what = 'a request'; as = 'List'; object = { $image.Request }; expected = @'
Prompt : a cat
Size : 64x64
Seed : 42
Steps : 2
Sampler : euler
Scheduler : flow_match
Shift : 3
CfgScale : 1
'@ }
        @{ what = 'a phase of a plan'; as = 'List'; object = { $plan.Phases[1] }; expected = @'
Phase : Sample
Component : Transformer on CPU
Peak : N MiB: N of weights, N to compute
Moved : N MiB
Blocks : 0 stay, 0 streamed
Time : N s
'@ }
        @{ what = 'the defaults'; as = 'Table'; object = { $model.Defaults }; expected = @'
Size Steps Sampler Scheduler Shift CFG scale
---- ----- ------- --------- ----- ---------
128x128 8 euler flow_match 3 1
'@ }
        @{ what = 'the options of offloading'; as = 'Table'; object = { $model.Offload }; expected = @'
Mode VramBudget RamBudget Reload Text on Vae on Tiles Tile (px) Prompts Strict
---- ---------- --------- ------ ------- ------ ----- --------- ------- ------
Auto auto auto Auto device device Auto auto Memory False
'@ }
        @{ what = 'the options of offloading'; as = 'List'; object = { $model.Offload }; expected = @'
Mode : Auto
VramBudget : auto
RamBudget : auto
Reload : Auto
TextEncoderOnCpu : False
VaeOnCpu : False
VaeTiling : Auto
VaeTileSize : auto
VaeTileOverlap : N of a tile
PromptCache : Memory
Strict : False
'@ }
        @{ what = 'the components'; as = 'Table'; object = { $model.Components }; expected = @'
Kind Weights (M) Size (MiB) Types File
---- ----------- ---------- ----- ----
Transformer N N Q8_0, F32 z-image-demo-q8_0.gguf
TextEncoder N N F16, F32 qwen3-demo-f16.gguf
Autoencoder N N F16, F32 ae-demo-f16.gguf
'@ }
        @{ what = 'the identity'; as = 'Table'; object = { $model.Identity }; expected = @'
Name Diffusion TextEncoder Vae
---- --------- ----------- ---
z-image-demo-q8_0 HASH HASH HASH
'@ }
        @{ what = 'a configuration'; as = 'List'; object = { $run.Settings }; expected = @'
Name : as it is
Offload : Auto, reload Auto, VramBudget auto, RamBudget auto, tiles Auto, prompt cache Off
Request : 'a cat' at 64x64, 1 steps of euler on flow_match, seed 42
'@ }
        @{ what = 'a spread'; as = 'Table'; object = { (Measure-ZGeneration -Size 64x64 -Steps 1 -Warmup 0 -Summary).Duration }; expected = @'
Median (s) Min (s) Max (s) Spread (%)
---------- ------- ------- ----------
N N N N
'@ }
    ) {
        Show (& $object) $as | Should -Be ($expected -replace '\r', '')
    }
}

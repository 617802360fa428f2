BeforeAll {
    & "$PSScriptRoot/Import-ZImage.ps1"
}

Describe 'A graphics card' -Tag GPU {
    It 'draws on <_> what the CPU draws, with and without offloading' -ForEach 'CUDA0', 'Vulkan0' {
        $card = Get-ZDevice $_ -ErrorAction SilentlyContinue
        if (-not $card.IsAvailable) {
            Set-ItResult -Skipped -Because "there is no $_ here"
            return
        }
        $file = Join-Path $TestDrive "$_.png"
        $cpu = Import-ZModel -Demo -Device CPU
        $gpu = Import-ZModel -Demo -Device $_
        try {
            New-ZImage 'a red cat on a blue background' -Model $cpu -Seed 42 -Steps 2 | Save-ZImage $file
            foreach ($mode in 'None', 'Aggressive', 'LayerStreaming') {
                $gpu | Set-ZOffload -OffloadMode $mode
                $again = Test-ZImageReproduction $file -Model $gpu
                $again.Verdict | Should -Be 'Close' -Because "$mode gave $($again.Psnr) dB"
                $again.Image.Device | Should -Be $_
            }
        }
        finally {
            $cpu, $gpu | Remove-ZModel
        }
    }
}

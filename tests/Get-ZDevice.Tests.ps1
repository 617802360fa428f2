BeforeAll {
    & "$PSScriptRoot/Import-ZImage.ps1"
}

Describe 'Get-ZDevice' {
    It 'shows the CPU in a table' {
        $table = Get-ZDevice CPU | Format-Table | Out-String -Width 120
        $table | Should -Match 'Name\s+Type\s+Usable\s+Free \(GiB\)\s+Total \(GiB\)\s+Description'
        $table | Should -Match '(?m)^CPU\s+Cpu\s+yes'
    }

    It 'shows what to do about a backend that cannot be used' {
        foreach ($device in Get-ZDevice | Where-Object { -not $_.IsAvailable }) {
            $device | Out-String -Width 400 | Should -BeLike "*$($device.RecommendedAction)*"
        }
    }

    It 'can be sorted and filtered by its properties' {
        Get-ZDevice | Where-Object IsAvailable | Sort-Object TotalBytes -Descending | Select-Object -First 1 | Should -Not -BeNullOrEmpty
    }
}

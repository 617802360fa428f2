BeforeAll {
    & "$PSScriptRoot/Import-ZImage.ps1"
    $cacheBefore = $env:ZIMAGE_CACHE_PATH
    $env:ZIMAGE_CACHE_PATH = Join-Path $TestDrive 'cache'
    $demo = (Resolve-Path "$PSScriptRoot/../Module/demo-model").Path

    # A hub with the files of the demo model. The first answer of each file in the folder 'broken' ends in its middle.
    $probe = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
    $probe.Start()
    $endpoint = "http://localhost:$($probe.LocalEndpoint.Port)"
    $probe.Stop()
    $listener = [Net.HttpListener]::new()
    $listener.Prefixes.Add("$endpoint/")
    $listener.Start()
    $server = [powershell]::Create().AddScript({
        param($listener, $demo)
        $broken = @{}
        while ($listener.IsListening) {
            $context = $listener.GetContext()
            $path = $context.Request.Url.AbsolutePath
            $response = $context.Response
            $file = Join-Path $demo ($path -split '/')[-1]
            if ($path -like '/private/*' -and $context.Request.Headers['Authorization'] -ne 'Bearer right') {
                $response.StatusCode = 401
                $response.Close()
            }
            elseif (-not [IO.File]::Exists($file)) {
                $response.StatusCode = 404
                $response.Close()
            }
            else {
                $bytes = [IO.File]::ReadAllBytes($file)
                $response.Headers['ETag'] = '"' + ($path -split '/')[-1] + '"'
                $from = 0
                if ($context.Request.Headers['Range'] -match 'bytes=(\d+)-') {
                    $from = [int] $Matches[1]
                    $response.StatusCode = 206
                    $response.Headers['Content-Range'] = "bytes $from-$($bytes.Length - 1)/$($bytes.Length)"
                }
                $response.ContentLength64 = $bytes.Length - $from
                if ($path -like '*/broken/*' -and -not $broken[$path]) {
                    $broken[$path] = $true
                    $response.OutputStream.Write($bytes, 0, $bytes.Length / 2)
                    $response.OutputStream.Flush()
                    $response.Abort()
                }
                else {
                    $response.OutputStream.Write($bytes, $from, $bytes.Length - $from)
                    $response.Close()
                }
            }
        }
    }).AddArgument($listener).AddArgument($demo)
    $null = $server.BeginInvoke()

    $vae = @{ Repository = 'demo/model'; File = 'ae-demo-f16.gguf'; Endpoint = $endpoint }
}

AfterAll {
    $listener.Abort()
    $server.Dispose()
    $env:ZIMAGE_CACHE_PATH = $cacheBefore
    Get-ZModel | Remove-ZModel
}

Describe 'Save-ZModelFile' {
    It 'saves a file, and the next time finds it' {
        $first = Save-ZModelFile @vae
        $first.Path | Should -BeLike "$env:ZIMAGE_CACHE_PATH*demo?model?main?ae-demo-f16.gguf"
        $first.Sha256 | Should -Be (Get-FileHash "$demo/ae-demo-f16.gguf").Hash
        $first.FromCache | Should -BeFalse
        (Get-FileHash $first.Path).Hash | Should -Be $first.Sha256
        (Save-ZModelFile @vae).FromCache | Should -BeTrue
        (Save-ZModelFile @vae -Force).FromCache | Should -BeFalse
    }

    It 'goes on after a connection that broke off' {
        $saved = Save-ZModelFile @vae -Revision broken -Verbose 4>&1
        ($saved | Where-Object { "$_" -like '*Trying again*' }) | Should -BeLike "'ae-demo-f16.gguf'*Trying again in 1 s.*"
        (Get-FileHash $saved[-1].Path).Hash | Should -Be (Get-FileHash "$demo/ae-demo-f16.gguf").Hash
    }

    It 'takes files from a table' {
        $saved = "Repository,File,Revision,Sha256`ndemo/model,ae-demo-f16.gguf,,`ndemo/model,nosuch.gguf,,`ndemo/model,qwen3-demo-f16.gguf,main," | ConvertFrom-Csv |
            Save-ZModelFile -Endpoint $endpoint -ErrorAction SilentlyContinue -ErrorVariable problem
        $saved.File | Should -Be 'ae-demo-f16.gguf', 'qwen3-demo-f16.gguf'
        $problem.FullyQualifiedErrorId | Should -Be 'HubFileNotFound,ZImage.PowerShell.Cmdlets.SaveZModelFileCommand'
    }

    It 'refuses contents with another checksum' {
        Save-ZModelFile @vae -Revision other -Sha256 ('0' * 64) -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem.FullyQualifiedErrorId | Should -BeLike 'ChecksumMismatch,*'
        $problem[0].CategoryInfo.Category | Should -Be 'InvalidData'
    }

    It 'says that a token is missing, and takes one' {
        $private = @{ Repository = 'private/model'; File = 'ae-demo-f16.gguf'; Endpoint = $endpoint }
        Save-ZModelFile @private -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem.FullyQualifiedErrorId | Should -BeLike 'HubAccessDenied,*'
        $problem[0].ErrorDetails.RecommendedAction | Should -BeLike '*-Token*'
        (Save-ZModelFile @private -Token (ConvertTo-SecureString 'right' -AsPlainText)).Bytes | Should -BeGreaterThan 0
    }

    It 'gives a model that Import-ZModel takes from the pipeline' {
        $files = @('z-image-demo-q8_0.gguf', 'qwen3-demo-f16.gguf', 'ae-demo-f16.gguf' | ForEach-Object { Save-ZModelFile -Repository demo/model -File $_ -Endpoint $endpoint })
        $paths = $files.Path
        # As a model of the catalogue is given; those are too large for a test.
        $model = (Get-Command Save-ZModelFile).OutputType[0].Type::new()
        $model.Name, $model.Diffusion, $model.TextEncoder, $model.Vae = @('downloaded') + $paths
        $model.Files = [Array]::CreateInstance($files[0].GetType(), 3)
        0..2 | ForEach-Object { $model.Files[$_] = $files[$_] }
        $model | Format-Table | Out-String -Width 160 | Should -Match '(?m)^downloaded\s+[1-9][\d.,]+\s+[\d.,]+ z-image-demo-q8_0.gguf'
        $session = $model | Import-ZModel -Device CPU
        $session.Name | Should -Be 'downloaded'
        $session.Files.Vae | Should -Be $paths[2]
    }

    It 'says what it would download' {
        $said = & (Get-Process -Id $PID).Path -NoProfile -Command "Import-Module '$((Get-Module ZImage).ModuleBase)/ZImage.psd1'; Save-ZModelFile z-image-turbo-q4_k -WhatIf"
        "$said" | Should -BeLike '*Download z_image_turbo-Q4_K.gguf (3.60 GiB), Qwen3-4B-Q4_K_M.gguf (2.33 GiB), ae.safetensors (319.8 MiB) into*target "z-image-turbo-q4_k"*'
        Save-ZModelFile @vae -Revision never -WhatIf | Should -BeNullOrEmpty
        Test-Path (Join-Path $env:ZIMAGE_CACHE_PATH 'models/demo/model/never') | Should -BeFalse
    }

    It 'completes the names of the catalogue' {
        $found = (TabExpansion2 'Save-ZModelFile z-image-turbo-q' -cursorColumn 31).CompletionMatches
        $found.CompletionText | Should -Contain 'z-image-turbo-q8_0'
        ($found | Where-Object CompletionText -EQ 'z-image-turbo-q8_0').ToolTip | Should -BeLike '*(10.42 GiB)'
        (TabExpansion2 'Import-ZModel -Set z' -cursorColumn 20).CompletionMatches.CompletionText | Should -Contain 'z-image-turbo-q3_k'
    }

    It 'knows no other names' {
        Save-ZModelFile nosuch -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem.FullyQualifiedErrorId | Should -BeLike 'ModelNotInCatalogue,*'
        $problem[0].ErrorDetails.RecommendedAction | Should -BeLike '*z-image-turbo-q4_k*'
    }

    It 'is named by Import-ZModel where files are missing' {
        Import-ZModel -Set z-image-turbo-q4_k -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem.FullyQualifiedErrorId | Should -BeLike 'ModelNotDownloaded,*'
        $problem[0].ErrorDetails.RecommendedAction | Should -BeLike 'Run: Save-ZModelFile z-image-turbo-q4_k*'
    }

    It 'shows a file in a table and in a list' {
        $file = Save-ZModelFile @vae
        $file | Format-Table | Out-String -Width 200 | Should -Match '(?m)^\s+[\d.,]+\s+[\d.,]+\s+False\s+[0-9a-f]{10} \S.*ae-demo-f16.gguf'
        $file | Format-List | Out-String -Width 200 | Should -Match 'Size\s+: [\d.,]+ MiB'
    }
}

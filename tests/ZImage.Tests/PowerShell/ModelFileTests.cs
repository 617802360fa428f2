using System.Management.Automation;
using ZImage.Tests.Checkpoints;

namespace ZImage.Tests.Cmdlets;

/// <summary>Get-ZModel -Path, and models in files of other formats and of several parts.</summary>
[Collection(CmdletTests.Name)]
public sealed class ModelFileTests(CmdletFixture fixture) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void FilesOfAFolderAreToldApart()
    {
        TinyTensors.Transformer.WriteSafetensors(_folder["z_image_turbo_bf16.safetensors"], "BF16");
        Dialects.DiffusersAutoencoder(TinyTensors.Autoencoder).Where(tensor => !tensor.Name.StartsWith("encoder.", StringComparison.Ordinal)).WriteSafetensors(_folder["vae/ae.sft"], "F16");
        Dialects.HuggingFaceTextEncoder(TinyTensors.TextEncoder).WriteSafetensors(_folder["text/qwen.safetensors"], "F32");
        TinyTensors.Autoencoder.Safetensors("F32").WriteShards(Directory.CreateDirectory(_folder["shards"]).FullName, "v", 3);

        string[] texts = fixture.Texts("""
            Get-ZModel -Path $folder | ForEach-Object { "$([IO.Path]::GetFileName($_.Path)) $($_.Kind) $($_.Variant) $($_.Types.Keys) $($_.Files) $($_.IsUsable) $($_.HasEncoder)" }
            """, ("folder", _folder.Path));

        Assert.Equal(
        [
            "v-00001-of-00003.safetensors Autoencoder Unknown F32 3 True True",
            "qwen.safetensors TextEncoder Unknown F32 1 False ",
            "ae.sft Autoencoder Unknown F16 1 True False",
            "z_image_turbo_bf16.safetensors Transformer Turbo BF16 1 True ",
        ], texts);
    }

    [Fact]
    public void PathsComeByEveryWay()
    {
        TinyTensors.Autoencoder.WriteSafetensors(_folder["a [1].safetensors"], "F32");
        TinyTensors.Autoencoder.WriteSafetensors(_folder["b.safetensors"], "F32");

        string[] texts = fixture.Texts("""
            @(Get-ZModel -Path "$folder/*.safetensors").Count
            @(Get-ZModel -LiteralPath "$folder/a [1].safetensors").Count
            @([IO.FileInfo] "$folder/b.safetensors", [IO.FileInfo] "$folder/a [1].safetensors" | Get-ZModel).Count
            @([IO.DirectoryInfo] $folder | Get-ZModel).Count
            @([pscustomobject] @{ PSPath = "$folder/b.safetensors" } | Get-ZModel).Count
            """, ("folder", _folder.Path));

        Assert.Equal(["2", "1", "2", "2", "1"], texts);
    }

    [Fact]
    public void OneBadFileDoesNotEndThePipeline()
    {
        TinyTensors.Autoencoder.WriteSafetensors(_folder["v.safetensors"], "F32");
        _folder.Write("damaged.gguf", [1, 2, 3]);

        Hosting.PowerShellResult result = fixture.Session.Run("Get-ZModel -Path $folder, nosuch.gguf | ForEach-Object Kind", ("folder", _folder.Path));

        Assert.Single(result.Output);
        Assert.Equal(["NotAModelFile", "ModelFileNotFound"], result.Errors.Select(error => error.FullyQualifiedErrorId.Split(',')[0]));
    }

    [Fact]
    public void AFolderWithSeveralCandidatesAsksByError()
    {
        TinyTensors.Autoencoder.WriteSafetensors(_folder["v1.safetensors"], "F32");
        TinyTensors.Autoencoder.WriteGguf(_folder["v2.gguf"], "F32");
        File.Copy(CmdletFixture.Diffusion, _folder["t.gguf"]);
        File.Copy(CmdletFixture.TextEncoder, _folder["e.gguf"]);

        ErrorRecord error = Assert.Single(fixture.Session.Run("Import-ZModel -Path $folder -Device CPU", ("folder", _folder.Path)).Errors);

        Assert.StartsWith("ModelFolderAmbiguous,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("v1.safetensors", error.Exception.Message, StringComparison.Ordinal);
        Assert.Contains("v2.gguf", error.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AChangedFileEndsThePipelineAndNamesTheFile()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows does not let a file be deleted while its model is imported.");
        string diffusion = _folder["t.gguf"];
        File.Copy(CmdletFixture.Diffusion, diffusion);

        string[] texts = fixture.Texts("""
            $model = Import-ZModel -Diffusion $diffusion -TextEncoder $encoder -Vae $vae -Device CPU -Threads 1 -Name changed
            [IO.File]::Delete($diffusion)
            try { 'a', 'b' | New-ZImage -Model $model @small } catch { $_.FullyQualifiedErrorId.Split(',')[0]; $_.TargetObject }
            Remove-ZModel $model
            'a' | New-ZImage -Model tiny @small | ForEach-Object Width
            """, ("diffusion", diffusion), ("encoder", CmdletFixture.TextEncoder), ("vae", CmdletFixture.Vae));

        Assert.Equal(["ModelFileChanged", diffusion, "32"], texts);
    }

    [Fact]
    public void AnotherRotaryBaseIsAWarning()
    {
        string encoder = TinyTensors.TextEncoder.WriteGguf(_folder["e.gguf"], "F32", "qwen3-tiny.gguf", ("qwen3.rope.freq_base", 5e6f));

        string[] texts = fixture.Texts("""
            Import-ZModel -Diffusion $diffusion -TextEncoder $encoder -Vae $vae -Device CPU -Name rope -WarningVariable warning -WarningAction SilentlyContinue | Remove-ZModel
            $warning | ForEach-Object ToString
            """, ("diffusion", CmdletFixture.Diffusion), ("encoder", encoder), ("vae", CmdletFixture.Vae));

        Assert.Contains("rotary base 5000000", Assert.Single(texts), StringComparison.Ordinal);
    }
}

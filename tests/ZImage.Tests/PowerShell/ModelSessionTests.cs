using System.Management.Automation;
using ZImage.Tests.Hosting;

namespace ZImage.Tests.Cmdlets;

/// <summary>Import-, Get- and Remove-ZModel: names, order, and what is refused.</summary>
[Collection(CmdletTests.Name)]
public sealed class ModelSessionTests(CmdletFixture fixture)
{
    [Fact]
    public void AFolderIsSearchedAndNamesTheSession()
    {
        using var folder = new TemporaryFolder();
        string models = Path.Combine(folder.Path, "my [1] models");
        Directory.CreateDirectory(Path.Combine(models, "text"));
        File.Copy(CmdletFixture.Diffusion, Path.Combine(models, "a.gguf"));
        File.Copy(CmdletFixture.Vae, Path.Combine(models, "b.gguf"));
        File.Copy(CmdletFixture.TextEncoder, Path.Combine(models, "text", "c.gguf"));

        string[] texts = fixture.Texts("""
            $found = @(Import-ZModel -LiteralPath $folder -Device CPU) + @(Import-ZModel -Path "$parent/my*" -Device CPU) +
                @([pscustomobject] @{ PSPath = $folder; Device = 'cpu'; Name = '' } | Import-ZModel)
            $found | ForEach-Object { "$($_.Name) $($_.Device.Name) $([IO.Path]::GetFileName($_.Files.TextEncoder)) $([IO.Path]::GetFileName($_.Files.Vae))" }
            $found | Remove-ZModel
            """, ("folder", models), ("parent", folder.Path));

        Assert.Equal(["my [1] models CPU c.gguf b.gguf", "my [1] models-2 CPU c.gguf b.gguf", "my [1] models-3 CPU c.gguf b.gguf"], texts);
    }

    [Fact]
    public void ARowWithThreeFilesIsImported()
    {
        string[] texts = fixture.Texts("""
            $row = [pscustomobject] @{ Diffusion = $diffusion; TextEncoder = $encoder; Vae = $vae; Device = 'CPU'; Name = 'row'; Threads = '1' }
            $row | Import-ZModel | ForEach-Object { $_.Name; Remove-ZModel $_ }
            """, ("diffusion", CmdletFixture.Diffusion), ("encoder", CmdletFixture.TextEncoder), ("vae", CmdletFixture.Vae));

        Assert.Equal(["row"], texts);
    }

    [Fact]
    public void TheSessionImportedLastIsMeantWhenNoneIsNamed()
    {
        string[] texts = fixture.Texts($$"""
            $first = {{CmdletFixture.ImportTiny}} -Name first
            $second = {{CmdletFixture.ImportTiny}} -Name second
            'a' | New-ZImage @small -Verbose 4>&1 | ForEach-Object ToString | Where-Object { $_ -match "'second'" } | ForEach-Object { 'second' }
            $second | Remove-ZModel
            'a' | New-ZImage @small -Verbose 4>&1 | ForEach-Object ToString | Where-Object { $_ -match "'first'" } | ForEach-Object { 'first' }
            Remove-ZModel first
            """);

        Assert.Equal(["second", "first"], texts);
    }

    [Fact]
    public void WithoutAModelThePipelineEndsAndSaysHowToImportOne()
    {
        PowerShellResult result = fixture.Session.Run("Get-ZModel | Remove-ZModel; try { 'a', 'b' | New-ZImage } catch { $_ }");
        fixture.Session.Run($"{CmdletFixture.ImportTiny} -Name tiny").ShouldSucceed();

        var error = (ErrorRecord)result.Single.BaseObject;
        Assert.StartsWith("NoModel,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("Import-ZModel", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void ATakenNameIsRefusedAndTheSessionKept()
    {
        PowerShellResult result = fixture.Session.Run($"{CmdletFixture.ImportTiny} -Name TINY");

        Assert.StartsWith("SessionNameInUse,", Assert.Single(result.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(["False"], fixture.Texts("(Get-ZModel tiny).IsClosed"));
    }

    [Fact]
    public void RemovingTakesPatternsAndIsSilentTheSecondTime()
    {
        string[] texts = fixture.Texts($$"""
            $all = 1..3 | ForEach-Object { {{CmdletFixture.ImportTiny}} -Name "many $_" }
            Remove-ZModel -Name 'many*' -WhatIf
            @(Get-ZModel many*).Count
            Get-ZModel 'many 2' | Remove-ZModel
            Get-ZModel many* | ForEach-Object Name
            Remove-ZModel -Name 'many*'
            $all | Remove-ZModel
            Remove-ZModel -Name 'many*'
            @(Get-ZModel many*).Count
            """);

        Assert.Equal(["3", "many 1", "many 3", "0"], texts);
    }

    [Theory]
    [InlineData("Get-ZModel nosuch")]
    [InlineData("Remove-ZModel nosuch")]
    [InlineData("Remove-ZModel -Name nosuch")]
    public void AnUnknownNameIsAnErrorThatListsTheOthers(string command)
    {
        ErrorRecord error = Assert.Single(fixture.Session.Run(command).Errors);

        Assert.StartsWith("SessionNotFound,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal("nosuch", error.TargetObject);
        Assert.Contains("tiny", error.Exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-Path nosuch -Device CPU", "ModelFileNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("-Path 'nosuch*' -Device CPU", "PathInvalid", ErrorCategory.InvalidArgument)]
    [InlineData("-LiteralPath 'nosuch*' -Device CPU", "ModelFileNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("-Path $PSHOME -Device CPU", "ModelFolderIncomplete", ErrorCategory.ObjectNotFound)]
    [InlineData("-Diffusion nosuch -TextEncoder $encoder -Vae $vae -Device CPU", "ModelFileNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("-Diffusion $vae -TextEncoder $encoder -Vae $vae -Device CPU", "WrongComponent", ErrorCategory.InvalidArgument)]
    [InlineData("-Diffusion $text -TextEncoder $encoder -Vae $vae -Device CPU", "NotAModelFile", ErrorCategory.InvalidData)]
    [InlineData("-Diffusion $diffusion -TextEncoder $encoder -Vae $vae -Device Nosuch9", "DeviceNotFound", ErrorCategory.ObjectNotFound)]
    public void ABadModelIsAnError(string arguments, string errorId, ErrorCategory category)
    {
        PowerShellResult result = fixture.Session.Run(
            $"Import-ZModel {arguments}",
            ("diffusion", CmdletFixture.Diffusion), ("encoder", CmdletFixture.TextEncoder), ("vae", CmdletFixture.Vae), ("text", Repository.Manifest));

        ErrorRecord error = Assert.Single(result.Errors);
        Assert.StartsWith(errorId + ",", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(category, error.CategoryInfo.Category);
        Assert.NotNull(error.TargetObject);
        Assert.NotEmpty(error.ErrorDetails.RecommendedAction);
        Assert.Null(result.Ending);
        Assert.Empty(result.Output);
        Assert.DoesNotContain(fixture.Texts("Get-ZModel | ForEach-Object Name"), name => name != "tiny");
    }

    [Fact]
    public void AllRunspacesOfTheProcessSeeTheSessions()
    {
        using var other = new PowerShellSession();

        Assert.Equal("tiny", other.Run("Get-ZModel tiny | ForEach-Object Name").ShouldSucceed().Single.ToString());
    }
}

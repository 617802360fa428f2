using System.Management.Automation;
using ZImage.Tests.Checkpoints;
using ZImage.Tests.Hosting;
using ZImage.Tests.Models;

namespace ZImage.Tests.Cmdlets;

/// <summary>Models that give numbers no picture can come of: what New-ZImage reports, and what goes on.</summary>
[Collection(CmdletTests.Name)]
public sealed class NumberFaultTests(CmdletFixture fixture) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        fixture.Session.Run("Get-ZModel broken -ErrorAction Ignore | Remove-ZModel");
        _folder.Dispose();
    }

    // The time embedder's first hidden unit is 1e38 (sin(0.1075 t) - 0.008): nothing at the times of steps 1 and 2 (0 and 0.045), too large for its
    // second layer at that of step 3 (0.1).
    [Fact]
    public void ALaterStepIsNamedAndTheSessionStaysUsable()
    {
        string first = _folder["first.gguf"], second = _folder["second.gguf"], broken = _folder["broken.gguf"];
        PlantedModels.Change(CmdletFixture.Diffusion, first, "t_embedder.mlp.0.weight", values => values[255] = 1e38f);
        PlantedModels.Change(first, second, "t_embedder.mlp.0.bias", values => values[0] = -0.008e38f);
        PlantedModels.Change(second, broken, "t_embedder.mlp.2.weight", values => values[0] = 1e10f);
        PowerShellResult result = fixture.Session.Run($"{Import(diffusion: broken)}; 8, 1 | ForEach-Object {{ New-ZImage 'a cat' -Model broken -Width 32 -Height 32 -Seed 1 -Steps $_ -Scheduler flow_match -Shift 3 }} | ForEach-Object Steps");

        ErrorRecord error = Expect(result, "NotFinite");
        Assert.All((string[])["step 3 of 8", "block embedders", "F32 weights on CPU"], part => Assert.Contains(part, error.Exception.Message, StringComparison.Ordinal));
        Assert.Equal(broken, error.TargetObject);
        Assert.Equal("1", result.Single.ToString());
    }

    [Fact]
    public void AnotherModelIsNotTouched()
    {
        string broken = _folder["broken.gguf"];
        PlantedModels.Change(CmdletFixture.Diffusion, broken, "layers.1.attention.out.weight", values => values[5] = float.NaN);
        PowerShellResult result = fixture.Session.Run(CmdletFixture.Small + $"{Import(diffusion: broken)}; 'broken', 'tiny', 'broken' | ForEach-Object {{ New-ZImage 'a cat' -Model $_ @small }} | ForEach-Object Prompt");

        Assert.Equal(2, result.Errors.Count);
        Assert.All(result.Errors, error => Assert.Contains("step 1 of 2, block layers.1", error.Exception.Message, StringComparison.Ordinal));
        Assert.Contains("Get the file again", result.Errors[0].ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal("a cat", result.Single.ToString());
    }

    [Fact]
    public void AConstantPredictionNamesItsBlock()
    {
        string broken = _folder["broken.gguf"];
        PlantedModels.Change(CmdletFixture.Diffusion, broken, "final_layer.linear.weight", values => values.Clear());
        ErrorRecord error = Expect(Draw(Import(diffusion: broken)), "ConstantPrediction");
        Assert.Contains("step 1 of 2, block final_layer", error.Exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("decoder.conv_out.weight", 0, "image is decoder.out")]
    [InlineData("decoder.conv_out.bias", 1e6f, "out of range")]
    public void AConstantPictureNamesItsStage(string tensor, float value, string expected)
    {
        string broken = _folder["broken.gguf"];
        PlantedModels.Change(CmdletFixture.Vae, broken, tensor, values => values.Fill(value));
        ErrorRecord error = Expect(Draw(Import(vae: broken)), "DegenerateImage");
        Assert.Contains(expected, error.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheDecoderNamesItsStage()
    {
        string broken = _folder["broken.gguf"];
        PlantedModels.Change(CmdletFixture.Vae, broken, "decoder.up.2.block.1.conv2.weight", values => values[0] = float.NaN);
        ErrorRecord error = Expect(Draw(Import(vae: broken)), "NotFinite");
        Assert.Contains("decoding the image, block decoder.up.2", error.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheTextEncoderNamesItsBlock()
    {
        string broken = _folder["broken.gguf"];
        PlantedModels.Change(CmdletFixture.TextEncoder, broken, "blk.1.ffn_norm.weight", values => values[0] = float.NaN);
        ErrorRecord error = Expect(Draw(Import(textEncoder: broken)), "NotFinite");
        Assert.Contains("the text, block blk.1", error.Exception.Message, StringComparison.Ordinal);
    }

    private static string Import(string? diffusion = null, string? textEncoder = null, string? vae = null)
        => $"$null = Import-ZModel -Diffusion '{diffusion ?? CmdletFixture.Diffusion}' -TextEncoder '{textEncoder ?? CmdletFixture.TextEncoder}' -Vae '{vae ?? CmdletFixture.Vae}' -Device CPU -Threads 1 -Name broken";

    private PowerShellResult Draw(string import) => fixture.Session.Run($"{CmdletFixture.Small} {import}; New-ZImage 'a cat' -Model broken @small");

    private static ErrorRecord Expect(PowerShellResult result, string errorId)
    {
        Assert.Null(result.Ending);
        ErrorRecord error = Assert.Single(result.Errors);
        Assert.Equal((errorId + ",ZImage.PowerShell.Cmdlets.NewZImageCommand", ErrorCategory.InvalidResult), (error.FullyQualifiedErrorId, error.CategoryInfo.Category));
        Assert.NotEmpty(error.ErrorDetails.RecommendedAction);
        return error;
    }
}

namespace ZImage.Engine.Models;

/// <summary>A model gave a result that no picture can come of. The session stays usable.</summary>
public abstract class BlockResultException : ZImageException
{
    private protected BlockResultException(string errorId, BlockResult result, string what, string recommendedAction)
        : base(errorId, $"{result.Model} gave {what} ({result.Moment}{(result.Block is null ? "" : $", block {result.Block}")}): {result.Details}.",
            result.DamagedWeight is null ? recommendedAction : "Get the file again; if a fresh one has the same values, it was made wrongly.", result.Path)
        => Result = result;

    /// <summary>Where it happened.</summary>
    public BlockResult Result { get; }
}

/// <summary>A computation gave NaN or infinity. ErrorId <c>NotFinite</c>.</summary>
public sealed class NotFiniteException(BlockResult result)
    : BlockResultException("NotFinite", result, "numbers that are not finite",
        "Use the same model with other weights (BF16 or Q8_0 instead of F16), or another device (-Device CPU); if it stays, report it with the settings.");

/// <summary>A prediction is the same for every part of the image. ErrorId <c>ConstantPrediction</c>.</summary>
public sealed class ConstantPredictionException(BlockResult result)
    : BlockResultException("ConstantPrediction", result, "the same prediction for every part of the image",
        "Use another file of the model, or another device (-Device CPU); if it stays, report it with the settings.");

/// <summary>The first bad result of a computation.</summary>
/// <param name="Model">What computed, to begin a sentence with: <c>The diffusion model</c>.</param>
/// <param name="Moment">When, for example <c>step 3 of 8</c>.</param>
/// <param name="Block">Name of the block, for example <c>layers.17</c>; null when all was well in a second run.</param>
/// <param name="Bad">Number of values of the block's result that are not finite.</param>
/// <param name="Values">Number of values of the block's result.</param>
/// <param name="Types">Types of the block's weights, for example <c>Q4_K and F32</c>; empty when it has none.</param>
/// <param name="DamagedWeight">A weight of the block that is not finite in the file; null when there is none.</param>
/// <param name="Device">Name of the device.</param>
/// <param name="Path">The model's file.</param>
public sealed record BlockResult(string Model, string Moment, string? Block, long Bad, long Values, string Types, string? DamagedWeight, string Device, string Path)
{
    internal string Details => Block is null
        ? $"computed again, all was well, so the device {Device} does not work reliably"
        : $"{(Bad > 0 ? $"{Bad} of {Values} values" : "the first of this kind")}, {(Types.Length > 0 ? $"{Types} weights " : "")}on {Device}"
            + (DamagedWeight is null ? "" : $"; the weight '{DamagedWeight}' in the file '{Path}' is not finite itself");
}

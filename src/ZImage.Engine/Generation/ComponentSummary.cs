using ZImage.Engine.Checkpoints;
using ZImage.Engine.Memory;

namespace ZImage.Engine.Generation;

/// <summary>One of the three models of a session: what its file holds.</summary>
/// <param name="Kind">Transformer, text encoder or autoencoder.</param>
/// <param name="Path">Full path of the file.</param>
/// <param name="Parameters">Number of weights that are used.</param>
/// <param name="Bytes">Bytes of those weights as stored.</param>
/// <param name="Types">Bytes by type, for example Q8_0, largest first.</param>
public sealed record ComponentSummary(ComponentKind Kind, string Path, long Parameters, long Bytes, IReadOnlyDictionary<string, long> Types)
{
    public override string ToString()
        => FormattableString.Invariant($"{Kind}: {Parameters / 1e6:F1} M weights, {ByteSize.Text(Bytes)} ({string.Join(", ", Types.Keys)}), {Path}");
}

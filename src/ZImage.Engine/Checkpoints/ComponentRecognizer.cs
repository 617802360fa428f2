using ZImage.Engine.Checkpoints.Dialects;

namespace ZImage.Engine.Checkpoints;

/// <summary>A component that a file holds.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Dialect">How its tensors are named; empty when unknown.</param>
/// <param name="Prefix">What stands before each name of it; mostly empty.</param>
/// <param name="Evidence">Why, as a clause without a full stop.</param>
public sealed record RecognizedComponent(ComponentKind Kind, string Dialect, string Prefix, string Evidence);

/// <summary>
/// Tells what a file is from the tensors in it. File names and architecture strings are not asked: they are often missing or wrong.
/// </summary>
public static class ComponentRecognizer
{
    private const int NamesShown = 3;

    /// <summary>What the file is: the first component in it, or one of kind <see cref="ComponentKind.Unknown"/>.</summary>
    public static RecognizedComponent Recognize(Checkpoint checkpoint)
        => RecognizeAll(checkpoint) is [RecognizedComponent first, ..] ? first : new(ComponentKind.Unknown, "", "", DescribeUnknown(checkpoint));

    /// <summary>All components in the file; files that hold a whole model have several.</summary>
    public static IReadOnlyList<RecognizedComponent> RecognizeAll(Checkpoint checkpoint)
        => [.. TensorDialect.All.Select(dialect => dialect.Match(checkpoint)).OfType<DialectMatch>().Select(Describe).DistinctBy(component => component.Kind)];

    internal static RecognizedComponent Describe(DialectMatch match)
        => new(match.Dialect.Kind, match.Dialect.Name, match.Prefix, $"it has the tensors {Quote(match.Witnesses)}");

    private static string DescribeUnknown(Checkpoint checkpoint)
    {
        int count = checkpoint.Tensors.Count;
        if (count == 0)
            return "it has no tensors";
        if (checkpoint.Tensors.Keys.FirstOrDefault(IsAdapter) is { } adapter)
            return $"it is a LoRA or another adapter, which changes a model and is none (it has the tensor '{adapter}')";
        string shown = Quote(checkpoint.Tensors.Keys.Take(NamesShown)) + (count > NamesShown ? ", ..." : "");
        return $"its {count} tensors ({shown}) are those of no component of Z-Image";
    }

    private static bool IsAdapter(string name)
        => name.Contains(".lora_", StringComparison.Ordinal) || name.Contains(".lora.", StringComparison.Ordinal) || name.Contains(".lokr_", StringComparison.Ordinal)
            || name.Contains(".hada_", StringComparison.Ordinal) || name.StartsWith("lora_", StringComparison.Ordinal) || name.StartsWith("lycoris_", StringComparison.Ordinal);

    private static string Quote(IEnumerable<string> names) => string.Join(", ", names.Select(name => $"'{name}'"));
}

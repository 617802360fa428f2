using ZImage.Engine.Generation;
using ZImage.Engine.Memory;

namespace ZImage.Engine.Measuring;

/// <summary>Tables of configurations that are measured together.</summary>
public enum MeasureSuite
{
    /// <summary>Eight ways to use a card of 12 GB: no offload, the text encoder out after the prompt, and components on the CPU, with and without tiles.</summary>
    VramOffload,
}

/// <summary>The suite <see cref="MeasureSuite.VramOffload"/>.</summary>
public static class VramOffloadSuite
{
    private const int Side = 1024, Steps = 9;
    private const string Sampler = "euler", Scheduler = "smoothstep";

    // A card of 12 GiB without what is not ours to give: CUDA's contexts took up to 795 MiB (H200), and the margin for ggml's pools is 1 GiB.
    private const long CardBytes = (12L << 30) - (1792L << 20);

    // Transformer and text encoder in Q8_0 and autoencoder in F16, of the size for which the card is too small.
    private const long CardWeights = 10482L << 20;

    /// <summary>The settings of the suite, where a request leaves them open: those of the model, at its own size where that is smaller.</summary>
    public static ModelDefaults Settings(ModelDefaults model) => model with
    {
        Width = Math.Min(Side, model.Width),
        Height = Math.Min(Side, model.Height),
        Steps = Steps,
        Sampler = Sampler,
        Scheduler = Scheduler,
    };

    /// <summary>
    /// The budget of the suite: what a card of 12 GiB has for us, 10.25 GiB, and for a model with fewer weights as much less, so that the table can
    /// be tried with a small one: what does not fit the card with the whole model does not fit then either. What a small model computes in does not
    /// shrink with its weights; so it gets at least what CondOnly needs, as the whole model has it. A larger model gets no larger card.
    /// </summary>
    /// <param name="session">The session; nothing is moved.</param>
    /// <param name="request">What is drawn.</param>
    /// <param name="observer">Hears messages.</param>
    /// <param name="cancellation">Takes it out of the session's queue.</param>
    /// <exception cref="ZImageException">A setting of the request does not do.</exception>
    public static MemoryBudget Budget(ModelSession session, ImageRequest request, IGenerationObserver? observer, CancellationToken cancellation)
    {
        long weights = session.Components.Sum(component => component.Bytes);
        if (weights >= CardWeights)
            return MemoryBudget.FromBytes(CardBytes);
        long scaled = (long)((decimal)CardBytes * weights / CardWeights);
        // With no lack of memory, as neither strips nor tiles are part of that row.
        long needed = session.Plan(request, [OffloadMode.CondOnly], 1, encodes: false, observer, cancellation, MemoryBudget.FromBytes(1L << 49))[0].PeakBytes;
        return MemoryBudget.FromBytes(Math.Max(scaled, needed));
    }

    /// <summary>The rows of the table, numbered. The last shows whether a row gives the same again.</summary>
    /// <param name="options">The options of the session, for what the rows do not say; its budget is that of every row.</param>
    /// <param name="request">What is drawn in every row.</param>
    public static IReadOnlyList<MeasureConfiguration> Rows(OffloadOptions options, ImageRequest request)
    {
        (OffloadMode Mode, VaeTiling Tiling, bool TextOnCpu, bool VaeOnCpu)[] table =
        [
            (OffloadMode.None, VaeTiling.Off, false, false),
            (OffloadMode.None, VaeTiling.On, false, false),
            (OffloadMode.CondOnly, VaeTiling.Off, false, false),
            (OffloadMode.CondOnly, VaeTiling.On, false, false),
            (OffloadMode.None, VaeTiling.On, true, false),
            (OffloadMode.None, VaeTiling.On, true, true),
            (OffloadMode.CondOnly, VaeTiling.On, false, true),
            (OffloadMode.CondOnly, VaeTiling.On, false, false),
        ];
        return table.Select((row, i) =>
        {
            // A row that steps down to another plan would not be that row, and a prompt that is known already would not be read.
            OffloadOptions own = options with
            {
                Mode = row.Mode,
                VaeTiling = row.Tiling,
                TextEncoderOnCpu = row.TextOnCpu,
                VaeOnCpu = row.VaeOnCpu,
                Strict = true,
                PromptCache = PromptCaching.Off,
            };
            bool again = Array.IndexOf(table, row) < i;
            return new MeasureConfiguration(MeasureConfiguration.NameOf(own) + (again ? ", again" : ""), own, request) { Number = i + 1 };
        }).ToArray();
    }
}

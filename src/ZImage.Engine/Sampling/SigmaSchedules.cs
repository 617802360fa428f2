using System.Diagnostics.CodeAnalysis;
using ZImage.Engine.Sampling.Schedules;

namespace ZImage.Engine.Sampling;

/// <summary>Every sigma schedule, by name. A new schedule is one file in Schedules and one line here.</summary>
/// <remarks>
/// Of the schedules of stable-diffusion.cpp two are left out. <c>ays</c> (Align Your Steps) is a table for each model, and
/// there is none for this one. <c>gits</c> is a table of noise levels far above 1, where a flow begins.
/// </remarks>
public static class SigmaSchedules
{
    private static readonly NameTable<ISigmaSchedule> Table = new(s => s.Name, s => s.OtherNames,
    [
        new BetaSchedule(),
        new BongTangentSchedule(),
        new DiscreteSchedule(),
        new ExponentialSchedule(),
        new FlowMatchSchedule(),
        new Flux2Schedule(),
        new FluxSchedule(),
        new KarrasSchedule(),
        new KlOptimalSchedule(),
        new LcmSchedule(),
        new LogitNormalSchedule(),
        new Ltx2Schedule(),
        new SgmUniformSchedule(),
        new SimpleSchedule(),
        new SmoothstepSchedule(),
    ]);

    private const string NoTable = "Align Your Steps is a table of noise levels for each model, and there is none for this one";

    // By key, since other spellings ask for the same.
    private static readonly Dictionary<string, string> LeftOut = new(StringComparer.Ordinal)
    {
        [NameKey.Of("ays")] = NoTable,
        [NameKey.Of("Align Your Steps")] = NoTable,
        [NameKey.Of("gits")] = "it is a table of noise levels far above 1, where a flow begins",
    };

    /// <summary>The names, sorted.</summary>
    public static IReadOnlyList<string> Names => Table.Names;

    /// <summary>The schedule of a name, whatever its case, also by the name that another program gives it.</summary>
    public static bool TryFind(string name, [NotNullWhen(true)] out ISigmaSchedule? schedule) => (schedule = Table.Find(name)) is not null;

    /// <summary>The schedule of a name, whatever its case, also by the name that another program gives it.</summary>
    /// <exception cref="UnknownSchedulerException">There is none of that name; the message lists those there are.</exception>
    public static ISigmaSchedule Get(string name) => Table.Find(name) ?? throw new UnknownSchedulerException(name, Names, WhyLeftOut(name));

    /// <summary>Why a schedule that other programs have is not here; null for any other name.</summary>
    internal static string? WhyLeftOut(string name) => LeftOut.GetValueOrDefault(NameKey.Of(name));
}

using ZImage.Engine.Sampling.Schedules;

namespace ZImage.Engine.Sampling;

/// <summary>Every sigma schedule, by name. A new schedule is one file in Schedules and one line here.</summary>
public static class SigmaSchedules
{
    private static readonly NameTable<ISigmaSchedule> Table = new(s => s.Name,
    [
        new DiscreteSchedule(),
        new FlowMatchSchedule(),
        new SgmUniformSchedule(),
        new SimpleSchedule(),
        new SmoothstepSchedule(),
    ]);

    /// <summary>The names, sorted.</summary>
    public static IReadOnlyList<string> Names => Table.Names;

    /// <summary>The schedule of a name, whatever its case.</summary>
    /// <exception cref="UnknownSchedulerException">There is none of that name; the message lists those there are.</exception>
    public static ISigmaSchedule Get(string name) => Table.Find(name) ?? throw new UnknownSchedulerException(name, Names);
}

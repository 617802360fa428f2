using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Runtime.CompilerServices;
using ZImage.Engine.Generation;
using ZImage.PowerShell.Errors;

namespace ZImage.PowerShell.Sessions;

/// <summary>
/// The models imported in this process, shared by all runspaces; names are unique, whatever their case. Which one is meant where none is named
/// is each runspace's own affair: the one it imported last. A runspace that has none of its own, as those of ForEach-Object -Parallel, means the
/// one that was imported last in the process.
/// </summary>
internal static class OpenSessions
{
    private static readonly Lock Gate = new();
    private static readonly List<ModelSession> Sessions = [];
    // Weak: a runspace that is gone takes its list along.
    private static readonly ConditionalWeakTable<Runspace, List<ModelSession>> Own = [];
    private static readonly HashSet<string> Reserved = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The open sessions, the latest import last.</summary>
    public static IReadOnlyList<ModelSession> All
    {
        get
        {
            lock (Gate)
            {
                Sessions.RemoveAll(session => session.IsClosed);
                return [.. Sessions];
            }
        }
    }

    /// <summary>The session that is meant where none is named: the latest of this runspace, or else of the process. On the pipeline's thread.</summary>
    /// <exception cref="NoModelException">No session is open.</exception>
    public static ModelSession Latest => FindLatest(_ => true) ?? throw new NoModelException();

    /// <summary>The latest session of this runspace, or else of the process, that is of a kind; null when there is none.</summary>
    public static ModelSession? FindLatest(Func<ModelSession, bool> isMeant)
    {
        IReadOnlyList<ModelSession> all = All;
        Runspace? here = Runspace.DefaultRunspace;
        lock (Gate)
        {
            List<ModelSession> own = here is not null && Own.TryGetValue(here, out List<ModelSession>? imported) ? imported : [];
            own.RemoveAll(session => session.IsClosed);
            return own.LastOrDefault(isMeant) ?? all.LastOrDefault(isMeant);
        }
    }

    /// <exception cref="SessionNotFoundException">No open session has the name.</exception>
    public static ModelSession Get(string name)
    {
        IReadOnlyList<ModelSession> all = All;
        return all.FirstOrDefault(session => NamesEqual(session.Name, name)) ?? throw NotFound(name, all);
    }

    /// <summary>The open sessions whose names match a pattern; a plain name must be there.</summary>
    /// <exception cref="SessionNotFoundException">No open session has the plain name.</exception>
    public static IReadOnlyList<ModelSession> Match(string pattern)
    {
        IReadOnlyList<ModelSession> all = All;
        var wildcard = WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase);
        ModelSession[] found = [.. all.Where(session => wildcard.IsMatch(session.Name))];
        return found.Length > 0 || WildcardPattern.ContainsWildcardCharacters(pattern) ? found : throw NotFound(pattern, all);
    }

    /// <summary>Keeps a name for a model that is about to load: the wanted one, or else a free one made from <paramref name="basis"/>.</summary>
    /// <exception cref="SessionNameInUseException">The wanted name is taken.</exception>
    public static string ReserveName(string? wanted, string basis)
    {
        lock (Gate)
        {
            string name = wanted ?? basis;
            for (int number = 2; IsTaken(name); number++)
            {
                if (wanted is not null)
                    throw new SessionNameInUseException(wanted);
                name = FormattableString.Invariant($"{basis}-{number}");
            }
            Reserved.Add(name);
            return name;
        }
    }

    /// <summary>Gives a reserved name back.</summary>
    public static void ReleaseName(string name)
    {
        lock (Gate)
            Reserved.Remove(name);
    }

    /// <summary>Enters a session as the latest of this runspace and of the process.</summary>
    public static void Add(ModelSession session)
    {
        lock (Gate)
        {
            Sessions.Add(session);
            if (Runspace.DefaultRunspace is { } here)
                Own.GetOrCreateValue(here).Add(session);
        }
    }

    public static void Remove(ModelSession session)
    {
        lock (Gate)
        {
            Sessions.Remove(session);
            foreach ((_, List<ModelSession> own) in Own)
                own.Remove(session);
        }
    }

    private static bool IsTaken(string name)
        => Reserved.Contains(name) || Sessions.Exists(session => !session.IsClosed && NamesEqual(session.Name, name));

    private static SessionNotFoundException NotFound(string name, IReadOnlyList<ModelSession> open)
        => new(name, [.. open.Select(session => session.Name)]);

    private static bool NamesEqual(string a, string b) => a.Equals(b, StringComparison.OrdinalIgnoreCase);
}

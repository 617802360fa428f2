using ZImage.Engine.Generation;
using ZImage.PowerShell.Errors;
using ZImage.PowerShell.Sessions;

namespace ZImage.PowerShell.Binding;

/// <summary>An imported model, as an argument means it. It is looked up when it is used, so that one wrong name is a fault of one input.</summary>
public sealed class ModelReference
{
    private readonly Func<ModelSession> _find;

    internal ModelReference(ModelSession session)
    {
        Name = session.Name;
        _find = () => session.IsClosed ? throw new SessionClosedException(session.Name) : session;
    }

    internal ModelReference(string name)
    {
        Name = name;
        IsName = true;
        _find = () => OpenSessions.Get(name);
    }

    /// <summary>What an image or its file says of its model, so that both can be piped back.</summary>
    internal ModelReference(ModelIdentity identity)
    {
        Name = identity.Name;
        IsOrigin = true;
        _find = () => OpenSessions.FindLatest(session => identity.Fits(session.Identity))
            ?? throw new SessionNotFoundException(identity.Name, [.. OpenSessions.All.Select(session => session.Name)]);
    }

    private ModelReference(string name, Func<ModelSession> find) => (Name, _find) = (name, find);

    public string Name { get; }

    /// <summary>True when the argument was a text.</summary>
    internal bool IsName { get; }

    /// <summary>True when it says by which model an image was made, which need not be imported.</summary>
    internal bool IsOrigin { get; }

    public override string ToString() => Name;

    /// <summary>What came back of a session from a file or another process: it says which it was, and cannot draw.</summary>
    internal static ModelReference Elsewhere(string name) => new(name, () => throw new SessionElsewhereException(name));

    /// <summary>The session that is meant.</summary>
    /// <exception cref="SessionNotFoundException">No open session is the one that is meant.</exception>
    /// <exception cref="SessionClosedException">The session was removed.</exception>
    internal ModelSession Find() => _find();
}

namespace ZImage;

/// <summary>
/// The base of every fault that ZImage reports. Each fault is its own type; <see cref="ErrorId"/> names it for scripts,
/// the message says what happened, <see cref="RecommendedAction"/> says what to do next.
/// </summary>
public abstract class ZImageException : Exception
{
    protected ZImageException(string errorId, string message, string recommendedAction, object? target = null, Exception? inner = null)
        : base(message, inner)
    {
        ErrorId = errorId;
        RecommendedAction = recommendedAction;
        Target = target;
    }

    /// <summary>PascalCase identifier that stays the same between versions, for example <c>ModelFileTruncated</c>.</summary>
    public string ErrorId { get; }

    /// <summary>A sentence that says what to do next.</summary>
    public string RecommendedAction { get; }

    /// <summary>The offending input: a path, a device name, a prompt. Never the object that noticed.</summary>
    public object? Target { get; }

    /// <summary>True when the session can no longer compute and the model must be imported again.</summary>
    public virtual bool EndsSession => false;
}

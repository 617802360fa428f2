namespace ZImage.PowerShell.Errors;

/// <summary>No model is imported, and none was given. ErrorId <c>NoModel</c>.</summary>
public sealed class NoModelException()
    : ZImageException("NoModel", "No model is imported.",
        "Import one with Import-ZModel (Import-ZModel -Demo for the small model that comes with ZImage), or give one with -Model.");

/// <summary>No open session has the name. ErrorId <c>SessionNotFound</c>.</summary>
public sealed class SessionNotFoundException(string name, IReadOnlyList<string> open)
    : ZImageException("SessionNotFound",
        $"There is no imported model named '{name}'. {(open.Count == 0 ? "No model is imported." : $"Imported models: {string.Join(", ", open)}.")}",
        "Run Get-ZModel to see the imported models, or import one with Import-ZModel -Name.", name);

/// <summary>What came through a file, a job or a remote session is only a description of a session. ErrorId <c>SessionElsewhere</c>.</summary>
public sealed class SessionElsewhereException(string name)
    : ZImageException("SessionElsewhere", $"The model '{name}' was imported in another process; what came from there describes it, and cannot draw.",
        "Import the model in this process with Import-ZModel, or run the command there.", name);

/// <summary>Another open session has the name. ErrorId <c>SessionNameInUse</c>.</summary>
public sealed class SessionNameInUseException(string name)
    : ZImageException("SessionNameInUse", $"A model named '{name}' is imported already.",
        "Choose another -Name, or remove the other model first with Remove-ZModel.", name);

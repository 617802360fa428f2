namespace ZImage.PowerShell.Errors;

/// <summary>A configuration names a setting that there is not. ErrorId <c>UnknownConfigurationKey</c>.</summary>
public sealed class UnknownConfigurationKeyException(string configuration, string key, IEnumerable<string> known)
    : ZImageException("UnknownConfigurationKey", $"The configuration '{configuration}' has the setting '{key}', which is not known.",
        $"Settings are Name, {string.Join(", ", known)}.", key);

/// <summary>A setting of a configuration has a value that means nothing. ErrorId <c>InvalidConfiguration</c>.</summary>
public sealed class InvalidConfigurationException(string configuration, string key, object value, string reason, Exception inner)
    : ZImageException("InvalidConfiguration", $"The setting {key} of the configuration '{configuration}' is not understood: {reason}",
        $"Write {key} as the parameter of that name takes it (Get-Help Set-ZOffload or New-ZImage, with -Parameter {key}).", value, inner);

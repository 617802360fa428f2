using System.Management.Automation;
using ZImage.Engine.Generation;

namespace ZImage.PowerShell.Binding;

/// <summary>Takes a session or the name of one, or several; an empty text is "not given".</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ModelArgumentAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => inputData.Unwrapped() switch
    {
        string name => string.IsNullOrWhiteSpace(name) ? null! : new ModelReference(name),
        ModelSession session => new ModelReference(session),
        ModelIdentity identity => new ModelReference(identity),
        _ when inputData.CopyOf<ModelSession>() is { } copy => ModelReference.Elsewhere(copy.Get<string>(nameof(ModelSession.Name)) ?? ""),
        _ when inputData.CopyOf<ModelIdentity>() is { } copy => new ModelReference(new ModelIdentity(copy.Get<string>(nameof(ModelIdentity.Name)) ?? "",
            copy.Get<string>(nameof(ModelIdentity.DiffusionFingerprint)) ?? "", copy.Get<string>(nameof(ModelIdentity.TextEncoderFingerprint)) ?? "",
            copy.Get<string>(nameof(ModelIdentity.VaeFingerprint)) ?? "")),
        object[] several => several.Select(one => Transform(engineIntrinsics, one)).ToArray(),
        _ => inputData,
    };
}

using System.Collections;
using System.Globalization;
using System.Management.Automation;
using ZImage.Engine.Generation;
using ZImage.Engine.Measuring;
using ZImage.Engine.Memory;
using ZImage.Engine.Sampling;
using ZImage.Engine.Sampling.Noise;
using ZImage.PowerShell.Errors;

namespace ZImage.PowerShell.Binding;

/// <summary>
/// A configuration of one's own: settings called and written as the cmdlets' parameters, whatever their case, with dashes and underscores or
/// without. What is left out or empty stays as it is.
/// </summary>
internal sealed class ConfigurationSettings
{
    private const string NameKey = "Name", ModelKey = "Model";

    // In this order: width and height say more than the size, and a scheduler's own name more than one within a sampler's.
    private static readonly (string Key, Func<MeasureConfiguration, object, MeasureConfiguration> Set)[] s_settings =
    [
        (nameof(OffloadMode), (c, v) => c with { Offload = c.Offload with { Mode = Choice<OffloadMode>(v) } }),
        (nameof(OffloadOptions.TextEncoderOnCpu), (c, v) => c with { Offload = c.Offload with { TextEncoderOnCpu = Switch(v) } }),
        (nameof(OffloadOptions.VaeOnCpu), (c, v) => c with { Offload = c.Offload with { VaeOnCpu = Switch(v) } }),
        (nameof(OffloadOptions.Reload), (c, v) => c with { Offload = c.Offload with { Reload = Choice<ReloadSource>(v) } }),
        (nameof(OffloadOptions.VramBudget), (c, v) => c with { Offload = c.Offload with { VramBudget = Budget(v, nameof(OffloadOptions.VramBudget)) } }),
        (nameof(OffloadOptions.RamBudget), (c, v) => c with { Offload = c.Offload with { RamBudget = Budget(v, nameof(OffloadOptions.RamBudget)) } }),
        (nameof(VaeTiling), (c, v) => c with { Offload = c.Offload with { VaeTiling = Tiling(v) } }),
        (nameof(OffloadOptions.VaeTileSize), (c, v) => c with { Offload = c.Offload with { VaeTileSize = Read<int>(new TileSizeArgumentAttribute(), v) is not 0 and var size ? size : null } }),
        (nameof(OffloadOptions.VaeTileOverlap), (c, v) => c with { Offload = c.Offload with { VaeTileOverlap = Number<float>(v) } }),
        (nameof(OffloadOptions.PromptCache), (c, v) => c with { Offload = c.Offload with { PromptCache = Choice<PromptCaching>(v) } }),
        (nameof(OffloadOptions.Strict), (c, v) => c with { Offload = c.Offload with { Strict = Switch(v) } }),
        (nameof(ImageRequest.Prompt), (c, v) => c with { Request = c.Request with { Prompt = Text(v) } }),
        (nameof(ImageRequest.NegativePrompt), (c, v) => c with { Request = c.Request with { NegativePrompt = Text(v) } }),
        ("Size", (c, v) => Read<ImageSize>(new ImageSizeArgumentAttribute(), v) is var size ? c with { Request = c.Request with { Width = size.Width, Height = size.Height } } : c),
        (nameof(ImageRequest.Width), (c, v) => c with { Request = c.Request with { Width = Number<int>(v) } }),
        (nameof(ImageRequest.Height), (c, v) => c with { Request = c.Request with { Height = Number<int>(v) } }),
        (nameof(ImageRequest.Steps), (c, v) => c with { Request = c.Request with { Steps = Number<int>(v), Sigmas = null } }),
        (nameof(ImageRequest.Sampler), (c, v) => c with { Request = Sampled(c.Request, Text(v)) }),
        (nameof(ImageRequest.Scheduler), (c, v) => c with { Request = c.Request with { Scheduler = Text(v), Sigmas = null } }),
        (nameof(ImageRequest.Shift), (c, v) => c with { Request = c.Request with { Shift = Number<float>(v), Sigmas = null } }),
        (nameof(ImageRequest.Sigmas), (c, v) => c with { Request = c.Request with { Sigmas = Read<float[]>(new NumberListAttribute(), v) } }),
        (nameof(ImageRequest.Eta), (c, v) => c with { Request = c.Request with { Eta = Number<float>(v) } }),
        (nameof(ImageRequest.CfgScale), (c, v) => c with { Request = c.Request with { CfgScale = Number<float>(v) } }),
        (nameof(ImageRequest.Seed), (c, v) => c with { Request = c.Request with { Seed = Number<long>(v) } }),
        (nameof(ImageRequest.Rng), (c, v) => c with { Request = c.Request with { Rng = Choice<NoiseGenerator>(v) } }),
        (nameof(MeasureConfiguration.BatchSize), (c, v) => c with { BatchSize = Number<int>(v) }),
    ];

    private readonly Dictionary<string, object> _values = new(StringComparer.OrdinalIgnoreCase);
    private readonly string? _name;

    /// <param name="configuration">A dictionary, or an object with properties.</param>
    /// <exception cref="UnknownConfigurationKeyException">It has a setting that there is not.</exception>
    public ConfigurationSettings(object configuration)
    {
        (string Key, object? Value)[] given = configuration is IDictionary table
            ? [.. table.Cast<DictionaryEntry>().Select(entry => (Text(entry.Key), entry.Value))]
            : [.. PSObject.AsPSObject(configuration).Properties.Select(property => (property.Name, (object?)property.Value))];
        string[] known = [ModelKey, .. s_settings.Select(setting => setting.Key)];
        _name = given.Where(pair => pair.Key.Equals(NameKey, StringComparison.OrdinalIgnoreCase)).Select(pair => pair.Value is null ? null : Text(pair.Value)).FirstOrDefault();
        _name = string.IsNullOrWhiteSpace(_name) ? null : _name;
        foreach ((string key, object? value) in given)
        {
            string letters = key.Replace("_", "").Replace("-", "");
            if (!known.Append(NameKey).Contains(letters, StringComparer.OrdinalIgnoreCase))
                throw new UnknownConfigurationKeyException(_name ?? "without a name", key, known);
            if (value.Unwrapped() is { } there && !(there is string text && string.IsNullOrWhiteSpace(text)))
                _values[letters] = there;
        }
    }

    /// <summary>The model to measure; null where the configuration does not say.</summary>
    public ModelReference? Model => _values.TryGetValue(ModelKey, out object? model) ? Converted(ModelKey, model, value => Read<ModelReference>(new ModelArgumentAttribute(), value)) : null;

    /// <summary>The configuration, with what is left out as in another.</summary>
    /// <exception cref="InvalidConfigurationException">A value means nothing.</exception>
    public MeasureConfiguration On(MeasureConfiguration basis)
    {
        foreach ((string key, Func<MeasureConfiguration, object, MeasureConfiguration> set) in s_settings)
        {
            if (_values.TryGetValue(key, out object? value))
                basis = Converted(key, value, v => set(basis, v));
        }
        return basis with { Name = _name ?? MeasureConfiguration.NameOf(basis.Offload) };
    }

    private T Converted<T>(string key, object value, Func<object, T> convert)
    {
        try
        {
            return convert(value);
        }
        catch (Exception e) when (e is ArgumentTransformationMetadataException or PSInvalidCastException)
        {
            throw new InvalidConfigurationException(_name ?? "without a name", key, value, e.Message, e);
        }
    }

    private static T Read<T>(ArgumentTransformationAttribute form, object value) => LanguagePrimitives.ConvertTo<T>(form.Transform(null!, value));

    private static T Choice<T>(object value) where T : struct, Enum => Read<T>(new OptionalChoiceAttribute<T>(), value);

    private static T Number<T>(object value) where T : struct, System.Numerics.INumber<T> => Read<T>(new OptionalNumberAttribute<T>(), value);

    private static bool Switch(object value) => Read<SwitchParameter>(new OptionalSwitchAttribute(), value);

    private static MemoryBudget Budget(object value, string setting) => Read<MemoryBudget>(new MemoryBudgetArgumentAttribute(setting), value);

    // Other programs know tiles as a switch.
    private static VaeTiling Tiling(object value)
        => bool.TryParse(Text(value), out bool on) ? on ? VaeTiling.On : VaeTiling.Off : Choice<VaeTiling>(value);

    private static ImageRequest Sampled(ImageRequest request, string name)
    {
        (string? sampler, string? scheduler) = SamplerNames.Parse(name);
        return request with { Sampler = sampler ?? name, Scheduler = sampler is null ? request.Scheduler : scheduler ?? request.Scheduler };
    }

    private static string Text(object value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
}

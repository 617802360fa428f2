using static TorchSharp.torch;

namespace ZImage.TrainDemoModel;

/// <summary>The named tensors of one model, under the names they are stored with.</summary>
public sealed class Weights
{
    private readonly Dictionary<string, Tensor> _tensors = [];

    /// <summary>The names in the order in which they were added.</summary>
    public List<string> Names { get; } = [];

    /// <summary>Whether matrix products run in bfloat16 (training only).</summary>
    public bool Mixed { get; set; }

    /// <summary>The tensor of a name.</summary>
    public Tensor this[string name] => _tensors[name];

    /// <summary>Whether a tensor of this name exists.</summary>
    public bool Contains(string name) => _tensors.ContainsKey(name);

    /// <summary>Adds a tensor.</summary>
    public void Add(string name, Tensor tensor)
    {
        _tensors.Add(name, tensor.DetachFromDisposeScope());
        Names.Add(name);
    }

    /// <summary>Adds a linear layer's weight, normal values of deviation gain / sqrt(inputs), and a bias of zeros.</summary>
    public void AddLinear(string name, long inputs, long outputs, bool bias, double gain, Generator generator)
    {
        Add(name + ".weight", randn([outputs, inputs], generator: generator) * (gain / Math.Sqrt(inputs)));
        if (bias)
        {
            Add(name + ".bias", zeros(outputs));
        }
    }

    /// <summary>Adds a convolution with normal values of deviation gain / sqrt(inputs), and a bias of zeros.</summary>
    public void AddConvolution(string name, long inputs, long outputs, long kernel, double gain, Generator generator)
    {
        var deviation = gain / Math.Sqrt(inputs * kernel * kernel);
        Add(name + ".weight", randn([outputs, inputs, kernel, kernel], generator: generator) * deviation);
        Add(name + ".bias", zeros(outputs));
    }

    /// <summary>Makes every tensor a leaf that gathers gradients.</summary>
    public void RequireGradients()
    {
        foreach (var name in Names)
        {
            _tensors[name].requires_grad_(true);
        }
    }

    /// <summary>A copy of all tensors, without gradients and in float32.</summary>
    public Weights Copy()
    {
        var copy = new Weights();
        foreach (var name in Names)
        {
            copy.Add(name, _tensors[name].detach().clone());
        }

        return copy;
    }

    /// <summary>The values of a tensor in place.</summary>
    public Span<float> Values(string name) => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(_tensors[name].bytes);

    /// <summary>x times the transposed matrix of this name, plus the bias if there is one.</summary>
    public Tensor Linear(Tensor x, string name)
    {
        var weight = _tensors[name + ".weight"];
        var bias = _tensors.GetValueOrDefault(name + ".bias");
        return Mixed
            ? nn.functional.linear(x.to(bfloat16), weight.to(bfloat16), bias?.to(bfloat16))
            : nn.functional.linear(x, weight, bias);
    }

    /// <summary>Root-mean-square norm over the last dimension times the weight of this name.</summary>
    public Tensor RmsNorm(Tensor x, string name, double eps) => Normed(x.to(float32), eps) * _tensors[name];

    /// <summary>x divided by the root of its mean square over the last dimension.</summary>
    public static Tensor Normed(Tensor x, double eps)
    {
        // The mean as a product with a vector: several times faster than a reduction on the CPU.
        var n = x.shape[^1];
        var mean = x.square().matmul(full([n, 1], 1.0 / n));
        return x * (mean + eps).rsqrt();
    }
}

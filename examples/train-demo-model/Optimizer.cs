using System.Numerics;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace ZImage.TrainDemoModel;

/// <summary>AdamW with an exponential moving average of the weights, in one pass over the memory.</summary>
public sealed class Optimizer
{
    private const float Beta1 = 0.9f;
    private const float Beta2 = 0.99f;
    private const float WeightDecay = 0.01f;
    private const float Eps = 1e-8f;
    private readonly List<Parameter> _parameters = [];

    /// <summary>An optimiser for all tensors of some models, which it makes gather gradients.</summary>
    public Optimizer(params (string Prefix, Weights Weights)[] models)
    {
        foreach (var (prefix, weights) in models)
        {
            weights.RequireGradients();
            foreach (var name in weights.Names)
            {
                var values = weights.Values(name).ToArray();
                _parameters.Add(new Parameter(prefix + name, weights[name], new float[values.Length], new float[values.Length], values));
            }
        }
    }

    /// <summary>Steps taken so far.</summary>
    public int Step { get; set; }

    /// <summary>The parameters with their moments and averages.</summary>
    public IReadOnlyList<Parameter> Parameters => _parameters;

    /// <summary>The average weights of one model.</summary>
    public void CopyAverageTo(string prefix, Weights target)
    {
        foreach (var p in _parameters.Where(p => p.Name.StartsWith(prefix, StringComparison.Ordinal)))
        {
            p.Average.CopyTo(target.Values(p.Name[prefix.Length..]));
        }
    }

    /// <summary>Applies the gathered gradients, cut to a norm of at most maxNorm, and clears them. Returns their norm.</summary>
    public float Apply(float learningRate, float averageDecay, float maxNorm = 1)
    {
        Step++;
        var gradients = new List<Tensor?>();
        double sum = 0;
        foreach (var p in _parameters)
        {
            var gradient = p.Tensor.grad;
            gradients.Add(gradient);
            if (gradient is not null)
            {
                sum += SumOfSquares(Floats(gradient));
            }
        }

        var norm = (float)Math.Sqrt(sum);
        if (!float.IsFinite(norm))
        {
            throw new InvalidOperationException($"The gradient is not finite at step {Step}.");
        }

        var gain = norm > maxNorm ? maxNorm / norm : 1;
        var correction1 = 1 - MathF.Pow(Beta1, Step);
        var correction2 = 1 - MathF.Pow(Beta2, Step);
        var decay = MathF.Min(averageDecay, (1f + Step) / (10f + Step));
        for (var i = 0; i < _parameters.Count; i++)
        {
            if (gradients[i] is { } gradient)
            {
                // Only matrices are decayed, not norms and biases.
                var weightDecay = _parameters[i].Tensor.dim() > 1 ? learningRate * WeightDecay : 0;
                Update(_parameters[i], Floats(gradient), gain, learningRate / correction1, 1 / correction2, weightDecay, decay);
            }
        }

        return norm;
    }

    private static Span<float> Floats(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);

    private static double SumOfSquares(Span<float> values)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        var sum = Vector<float>.Zero;
        foreach (var v in vectors)
        {
            sum += v * v;
        }

        double total = Vector.Sum(sum);
        foreach (var v in values[(vectors.Length * Vector<float>.Count)..])
        {
            total += v * v;
        }

        return total;
    }

    private static void Update(
        Parameter p, Span<float> gradient, float gain, float rate, float correction, float weightDecay, float averageDecay)
    {
        var values = Floats(p.Tensor);
        var g = MemoryMarshal.Cast<float, Vector<float>>(gradient);
        var w = MemoryMarshal.Cast<float, Vector<float>>(values);
        var m = MemoryMarshal.Cast<float, Vector<float>>(p.First.AsSpan());
        var v = MemoryMarshal.Cast<float, Vector<float>>(p.Second.AsSpan());
        var e = MemoryMarshal.Cast<float, Vector<float>>(p.Average.AsSpan());
        for (var i = 0; i < g.Length; i++)
        {
            var d = g[i] * gain;
            m[i] = m[i] * Beta1 + d * (1 - Beta1);
            v[i] = v[i] * Beta2 + d * d * (1 - Beta2);
            w[i] = w[i] * (1 - weightDecay) - m[i] * rate / (Vector.SquareRoot(v[i] * correction) + new Vector<float>(Eps));
            e[i] = e[i] * averageDecay + w[i] * (1 - averageDecay);
        }

        for (var i = g.Length * Vector<float>.Count; i < gradient.Length; i++)
        {
            var d = gradient[i] * gain;
            p.First[i] = p.First[i] * Beta1 + d * (1 - Beta1);
            p.Second[i] = p.Second[i] * Beta2 + d * d * (1 - Beta2);
            values[i] = values[i] * (1 - weightDecay) - p.First[i] * rate / (MathF.Sqrt(p.Second[i] * correction) + Eps);
            p.Average[i] = p.Average[i] * averageDecay + values[i] * (1 - averageDecay);
        }

        gradient.Clear();
    }

    /// <summary>One tensor with its moments and its average.</summary>
    public sealed record Parameter(string Name, Tensor Tensor, float[] First, float[] Second, float[] Average);
}

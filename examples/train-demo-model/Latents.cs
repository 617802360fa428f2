using ZImage.Engine.Checkpoints;
using static TorchSharp.torch;

namespace ZImage.TrainDemoModel;

/// <summary>The fixed linear map between pictures and latents: the 16 principal components of 8x8 patches.</summary>
public sealed class Latents
{
    /// <summary>Pixels per latent in each direction.</summary>
    public const int Patch = 8;

    /// <summary>Width and height of the latent of a training picture.</summary>
    public const int Size = Drawings.Size / Patch;

    private const int Values = Patch * Patch * 3;

    // Components are divided by their deviation to this power: at 1 all would weigh the same, at 0 fine detail would hardly count.
    private const double Whitening = 0.7;
    private readonly Tensor _mean;
    private readonly Tensor _project;
    private readonly Tensor _restore;

    private Latents(Tensor mean, Tensor project, Tensor restore) =>
        (_mean, _project, _restore) = (mean.DetachFromDisposeScope(), project.DetachFromDisposeScope(), restore.DetachFromDisposeScope());

    /// <summary>Learns the projection from pictures.</summary>
    public static Latents Learn(IEnumerable<byte[]> pictures)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var patches = ToPatches(Pixels([.. pictures])).view(-1, Values).to(float64);
        var mean = patches.mean([0]);
        var centred = patches - mean;
        var (values, vectors) = linalg.eigh(centred.t().matmul(centred) / patches.shape[0]);
        values = values.narrow(0, Values - Transformer.Channels, Transformer.Channels).flip(0);
        vectors = vectors.narrow(1, Values - Transformer.Channels, Transformer.Channels).flip(1);

        // An eigenvector's sign is arbitrary: make its sum positive, so that runs agree.
        vectors = vectors * (vectors.sum(0) + 1e-9).sign();
        var deviation = values.sqrt();
        var scale = deviation.pow(Whitening);
        scale = scale * (deviation / scale).square().mean().sqrt();
        Console.WriteLine($"latents: deviations {string.Join(' ', (deviation / scale).data<double>().Select(d => d.ToString("f2")))}, "
            + $"variance kept {values.sum().item<double>() / centred.square().sum(1).mean().item<double>():p2}");
        return new Latents(mean.to(float32), (vectors / scale).to(float32), (vectors * scale).t().contiguous().to(float32));
    }

    /// <summary>Reads a projection.</summary>
    public static Latents Load(string path)
    {
        var file = new GgufFile(path);
        return new Latents(file.Tensor("mean"), file.Tensor("project"), file.Tensor("restore"));
    }

    /// <summary>Writes the projection.</summary>
    public void Save(string path)
    {
        var writer = new GgufWriter();
        foreach (var (name, value) in new[] { ("mean", _mean), ("project", _project), ("restore", _restore) })
        {
            writer.AddTensor(name, TensorEncoding.TypeF32, [.. value.shape.Reverse()], value.contiguous().bytes.ToArray());
        }

        writer.Write(path);
    }

    /// <summary>RGB bytes as a tensor (batch, 3, height, width) in -1..1.</summary>
    public static Tensor Pixels(IReadOnlyList<byte[]> pictures)
    {
        var all = new byte[pictures.Count * pictures[0].Length];
        for (var i = 0; i < pictures.Count; i++)
        {
            pictures[i].CopyTo(all, i * pictures[0].Length);
        }

        return tensor(all, [pictures.Count, Drawings.Size, Drawings.Size, 3]).permute(0, 3, 1, 2).to(float32) / 127.5 - 1;
    }

    /// <summary>Pixels in -1..1 as RGB bytes.</summary>
    public static List<byte[]> Bytes(Tensor pixels)
    {
        using var scope = NewDisposeScope();
        var bytes = ((pixels / 2 + 0.5).clamp(0, 1) * 255).round().to(uint8).permute(0, 2, 3, 1).contiguous();
        return [.. Enumerable.Range(0, (int)bytes.shape[0]).Select(i => bytes[i].bytes.ToArray())];
    }

    /// <summary>The latents (batch, 16, 16, 16) of pixels.</summary>
    public Tensor Project(Tensor pixels) => (ToPatches(pixels) - _mean).matmul(_project).permute(0, 3, 1, 2).contiguous();

    /// <summary>The pixels that the projection alone gives back, without a decoder.</summary>
    public Tensor Restore(Tensor latents)
    {
        var patches = latents.permute(0, 2, 3, 1).matmul(_restore) + _mean;
        var (batch, height, width) = (patches.shape[0], patches.shape[1], patches.shape[2]);
        return patches.view(batch, height, width, 3, Patch, Patch).permute(0, 3, 1, 4, 2, 5)
            .reshape(batch, 3, height * Patch, width * Patch);
    }

    // (batch, 3, height, width) to (batch, rows, columns, 192).
    private static Tensor ToPatches(Tensor pixels)
    {
        var (batch, height, width) = (pixels.shape[0], pixels.shape[2] / Patch, pixels.shape[3] / Patch);
        return pixels.view(batch, 3, height, Patch, width, Patch).permute(0, 2, 4, 1, 3, 5)
            .reshape(batch, height, width, Values);
    }
}

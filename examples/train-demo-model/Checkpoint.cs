using System.Runtime.InteropServices;
using ZImage.Engine.Checkpoints;

namespace ZImage.TrainDemoModel;

/// <summary>Saves and restores a training run: weights, moments, averages and the step.</summary>
public static class Checkpoint
{
    /// <summary>Writes the run to a file; a half-written file never replaces a good one.</summary>
    public static void Save(string path, Optimizer optimizer, double seconds)
    {
        var writer = new GgufWriter();
        writer.AddMetadata("step", optimizer.Step);
        writer.AddMetadata("seconds", seconds);
        foreach (var p in optimizer.Parameters)
        {
            long[] shape = [p.First.Length];
            writer.AddTensor("w/" + p.Name, TensorEncoding.TypeF32, shape, p.Tensor.bytes.ToArray());
            writer.AddTensor("m/" + p.Name, TensorEncoding.TypeF32, shape, MemoryMarshal.AsBytes(p.First.AsSpan()).ToArray());
            writer.AddTensor("v/" + p.Name, TensorEncoding.TypeF32, shape, MemoryMarshal.AsBytes(p.Second.AsSpan()).ToArray());
            writer.AddTensor("e/" + p.Name, TensorEncoding.TypeF32, shape, MemoryMarshal.AsBytes(p.Average.AsSpan()).ToArray());
        }

        writer.Write(path);
    }

    /// <summary>Restores a run if the file exists; returns the seconds trained so far.</summary>
    public static double Restore(string path, Optimizer optimizer)
    {
        if (!File.Exists(path))
        {
            return 0;
        }

        var file = new GgufFile(path);
        optimizer.Step = (int)file.Metadata["step"];
        foreach (var p in optimizer.Parameters)
        {
            file.Values("w/" + p.Name).CopyTo(MemoryMarshal.Cast<byte, float>(p.Tensor.bytes));
            file.Values("m/" + p.Name).CopyTo(p.First.AsSpan());
            file.Values("v/" + p.Name).CopyTo(p.Second.AsSpan());
            file.Values("e/" + p.Name).CopyTo(p.Average.AsSpan());
        }

        return (double)file.Metadata["seconds"];
    }

    /// <summary>Loads the average weights of one model from a run.</summary>
    public static void LoadAverage(string path, string prefix, Weights target)
    {
        var file = new GgufFile(path);
        foreach (var name in target.Names)
        {
            file.Values("e/" + prefix + name).CopyTo(target.Values(name));
        }
    }
}

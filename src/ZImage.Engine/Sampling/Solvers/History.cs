namespace ZImage.Engine.Sampling.Solvers;

/// <summary>The last predictions of a run, for solvers that use more than the newest one.</summary>
/// <param name="capacity">How many are kept.</param>
/// <param name="length">Values of each.</param>
internal sealed class History(int capacity, int length)
{
    private readonly float[][] _vectors = new float[capacity][];
    private int _added;

    /// <summary>How many there are, the newest included.</summary>
    public int Count => Math.Min(_added, capacity);

    /// <summary>The prediction that many steps ago; 0 is the newest.</summary>
    public float[] this[int age] => _vectors[(_added - 1 - age) % capacity];

    /// <summary>Makes room for a new prediction, which the caller writes, in place of the oldest one.</summary>
    public float[] Add() => _vectors[_added++ % capacity] ??= new float[length];
}

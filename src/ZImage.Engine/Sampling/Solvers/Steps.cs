namespace ZImage.Engine.Sampling.Solvers;

/// <summary>One step of a run.</summary>
/// <param name="Index">0 for the first step.</param>
/// <param name="From">Noise level at its start.</param>
/// <param name="To">Noise level at its end; 0 for the step that ends at the image.</param>
internal readonly record struct Step(int Index, float From, float To)
{
    public float Length => To - From;
}

/// <summary>
/// The steps of a run, for a foreach loop: before each one cancellation is looked at, and after each one its completion is
/// reported.
/// </summary>
internal readonly ref struct Steps(ReadOnlySpan<float> sigmas, SamplingOptions options)
{
    private readonly ReadOnlySpan<float> _sigmas = sigmas;

    public Enumerator GetEnumerator() => new(_sigmas, options);

    public ref struct Enumerator(ReadOnlySpan<float> sigmas, SamplingOptions options)
    {
        private readonly ReadOnlySpan<float> _sigmas = sigmas;
        private int _index = -1;

        public readonly Step Current => new(_index, _sigmas[_index], _sigmas[_index + 1]);

        public bool MoveNext()
        {
            int count = _sigmas.Length - 1;
            if (_index >= 0)
                options.StepCompleted?.Invoke(new SamplingStep(_index + 1, count, _sigmas[_index + 1]));
            _index++;
            if (_index >= count)
                return false;
            options.Cancellation.ThrowIfCancellationRequested();
            return true;
        }
    }
}

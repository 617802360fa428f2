using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using ZImage.Engine.Checkpoints;
using ZImage.Engine.Models;
using ZImage.Ggml;

namespace ZImage.Engine.Generation;

/// <summary>Where hidden states of prompts are kept, so that a prompt that comes again never needs the text encoder.</summary>
public enum PromptCaching
{
    /// <summary>In host memory, as long as the model is imported.</summary>
    Memory,

    /// <summary>In files too, for the next time the model is imported (<see cref="CacheFolder"/>).</summary>
    Disk,

    /// <summary>Nowhere: each prompt is encoded anew.</summary>
    Off,
}

/// <summary>
/// Hidden states of prompts, by text encoder, computing device and token ids, so template included: what is found is to the last bit what
/// encoding would give. The longest unused go first.
/// </summary>
/// <param name="fingerprint">Of the text encoder.</param>
/// <param name="config">Its sizes and constants, some of which lie beside its file.</param>
/// <param name="device">What computes the text encoder now.</param>
internal sealed class PromptCache(string fingerprint, Qwen3Config config, Func<Device> device)
{
    // To be raised when the text encoder's graph computes other bits.
    private const int Version = 1;

    private const long MostMemory = 256L << 20, MostDisk = 1L << 30;
    private const string TensorName = "hidden_state";

    private readonly Dictionary<string, (float[] State, long Used)> _states = [];
    private long _uses;

    public PromptCaching Caching { get; set; }

    /// <summary>Hidden state of a prompt, [hidden, tokens]; null when it is not known.</summary>
    public float[]? Find(ReadOnlySpan<int> tokens)
    {
        if (Caching == PromptCaching.Off)
            return null;
        string key = Key(tokens);
        if (_states.TryGetValue(key, out (float[] State, long Used) known))
        {
            _states[key] = (known.State, ++_uses);
            return known.State;
        }
        if (Caching != PromptCaching.Disk || Read(key, tokens.Length) is not { } stored)
            return null;
        Remember(key, stored);
        return stored;
    }

    /// <summary>Keeps a hidden state.</summary>
    /// <param name="tokens">Token ids of the prompt.</param>
    /// <param name="state">[hidden, tokens].</param>
    /// <param name="observer">Hears when a file could not be written.</param>
    public void Add(ReadOnlySpan<int> tokens, float[] state, IGenerationObserver? observer)
    {
        if (Caching == PromptCaching.Off)
            return;
        string key = Key(tokens);
        Remember(key, state);
        if (Caching != PromptCaching.Disk)
            return;
        try
        {
            Write(key, tokens.Length, state);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            observer?.OnMessage(MessageLevel.Warning, $"The prompt's hidden state was not kept in '{CacheFolder.Prompts}': {e.Message} It is kept in memory.");
        }
    }

    /// <summary>Forgets what is kept in memory.</summary>
    public void Clear() => _states.Clear();

    // Devices round differently, and so may versions of ggml.
    private string Key(ReadOnlySpan<int> tokens)
    {
        Device computing = device();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{fingerprint} {config.RopeTheta:R} {config.RmsEps:R}\n{Version} {computing.Backend} {computing.Description}\n{Devices.GgmlVersion}\n")));
        hash.AppendData(MemoryMarshal.AsBytes(tokens));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private void Remember(string key, float[] state)
    {
        _states[key] = (state, ++_uses);
        while (_states.Count > 1 && _states.Values.Sum(known => (long)known.State.Length * sizeof(float)) > MostMemory)
            _states.Remove(_states.MinBy(pair => pair.Value.Used).Key);
    }

    private static string FileOf(string key) => Path.Combine(CacheFolder.Prompts, key + ".safetensors");

    // A file that is damaged, or not ours, is as good as none: it is written again.
    private float[]? Read(string key, int tokens)
    {
        string path = FileOf(key);
        if (!File.Exists(path))
            return null;
        try
        {
            using var file = Checkpoint.Open(path);
            if (!file.Tensors.TryGetValue(TensorName, out CheckpointTensor? tensor) || tensor.Type.Ggml != GgmlType.F32 || tensor.Elements != config.Hidden * tokens)
                return null;
            var state = new float[tensor.Elements];
            tensor.Data.CopyTo(MemoryMarshal.AsBytes(state.AsSpan()));
            Touch(path);
            return FiniteNumbers.All(state) ? state : null;
        }
        catch (Exception e) when (e is ZImageException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // So that it stays when others go; in a folder that may only be read it does without.
    private static void Touch(string path)
    {
        try
        {
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    private void Write(string key, int tokens, float[] state)
    {
        Directory.CreateDirectory(CacheFolder.Prompts);
        var writer = new SafetensorsWriter();
        writer.AddMetadata("text_encoder", fingerprint);
        writer.AddTensor(TensorName, "F32", [config.Hidden, tokens], MemoryMarshal.AsBytes(state.AsSpan()).ToArray());
        // Another process may read or write the same file.
        string temporary = Path.Combine(CacheFolder.Prompts, $".{Guid.NewGuid():N}.tmp");
        try
        {
            writer.Write(temporary);
            File.Move(temporary, FileOf(key), overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
        Trim();
    }

    private static void Trim()
    {
        FileInfo[] files = [.. new DirectoryInfo(CacheFolder.Prompts).GetFiles("*.safetensors").OrderBy(file => file.LastWriteTimeUtc)];
        long bytes = files.Sum(file => file.Length);
        foreach (FileInfo file in files)
        {
            if (bytes <= MostDisk)
                return;
            bytes -= file.Length;
            try
            {
                file.Delete();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // In use, or another process was faster.
            }
        }
    }
}

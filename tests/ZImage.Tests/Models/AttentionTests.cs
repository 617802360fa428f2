using ZImage.Engine.Memory;
using ZImage.Engine.Models;
using ZImage.Ggml;

namespace ZImage.Tests.Models;

/// <summary>Attention against sums in double precision.</summary>
public sealed class AttentionTests
{
    // All keys weigh the same, and the sum of 4096 values of 200 is beyond F16, in which flash attention adds up on Vulkan.
    [Theory]
    [InlineData("CPU")]
    [InlineData("CUDA0")]
    [InlineData("Vulkan0")]
    public void Sums_over_many_values_stay_F32_where_that_is_asked_for(string device)
        => Check(device, tokens: 2048, keys: 4096, heads: 1, spread: 0, level: 200, masked: false, bar: 1e-4);

    // 64 heads of 4096 keys: 64 rows make a piece, and the last one is shorter.
    [Fact]
    public void Pieces_give_the_same_numbers_as_the_whole()
        => Check("CPU", tokens: 150, keys: 4096, heads: 64, spread: 1, level: 1, masked: true, bar: 1e-4);

    private static void Check(string device, int tokens, int keys, int heads, float spread, float level, bool masked, double bar)
    {
        const int D = 16;
        var random = new Random(1);
        float[] Values(int count, float size, float middle) => [.. Enumerable.Range(0, count).Select(_ => middle + size * (random.NextSingle() - 0.5f))];
        float[] q = Values(D * heads * tokens, spread, 0), k = Values(D * heads * keys, spread, 0), v = Values(D * heads * keys, level, level);
        float[] mask = [.. Enumerable.Range(0, keys * tokens).Select(i => i % 7 == 0 ? float.NegativeInfinity : 0)];
        float[] actual = ComputeDevice.Get(device).Run(memory =>
        {
            using var state = new StateBuffer(memory);
            Tensor queries = state.Add("q", GgmlType.F32, D, heads, tokens), keyRows = state.Add("k", GgmlType.F32, D, heads, keys), values = state.Add("v", GgmlType.F32, D, heads, keys);
            Tensor masks = state.Add("mask", GgmlType.F32, keys, tokens), y = state.Add("y", GgmlType.F32, D * heads, tokens);
            state.Allocate("test");
            using var graph = new BlockGraph(new Block("test"), "test", c => [c.Copy(Attention.Build(c, memory.Backend, queries, keyRows, values, masked ? masks : default, 1, keepF32: true), y)]);
            using var compute = new ComputeBuffer(memory, [graph.Graph], "test");
            queries.Set<float>(q);
            keyRows.Set<float>(k);
            values.Set<float>(v);
            masks.Set<float>(mask);
            memory.Backend.Compute(graph.Graph);
            return y.ToFloats();
        });

        // Some tokens and heads are enough, the last of both among them.
        foreach ((int token, int head) in (ReadOnlySpan<(int, int)>)[(0, 0), (63, heads / 2), (64, 0), (tokens - 1, heads - 1)])
        {
            var expected = new double[D];
            double total = 0;
            for (int key = 0; key < keys; key++)
            {
                double score = masked ? mask[token * keys + key] : 0;
                for (int i = 0; i < D; i++)
                    score += (double)q[(token * heads + head) * D + i] * k[(key * heads + head) * D + i];
                double weight = Math.Exp(score);
                total += weight;
                for (int i = 0; i < D; i++)
                    expected[i] += weight * v[(key * heads + head) * D + i];
            }
            GoldenAssert.RelativeL2($"attention {device}", $"token {token}, head {head}", [.. expected.Select(e => (float)(e / total))], actual.AsSpan((token * heads + head) * D, D), bar);
        }
    }
}

using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>
/// softmax(q k^T scale + mask) v for every head. Query heads share key/value heads in groups when there are fewer of those.
/// Flash attention where the device takes it; else scores in pieces of bounded size.
/// </summary>
internal static class Attention
{
    private const long MaxScoreBytes = 64L << 20;

    private const long MaxPieces = 64;
    private const int NodesBeside = 16, NodesOfPiece = 8;

    /// <summary>Most nodes of a graph that attention takes, for queries, keys and heads of some numbers.</summary>
    public static int Nodes(long tokens, long kvTokens, long heads)
        => NodesBeside + NodesOfPiece * (int)((tokens + RowsOfPiece(tokens, kvTokens, heads) - 1) / RowsOfPiece(tokens, kvTokens, heads));

    /// <param name="c">Context of the graph.</param>
    /// <param name="backend">The device that will compute it.</param>
    /// <param name="q">[d, heads, tokens].</param>
    /// <param name="k">[d, kv_heads, kv_tokens].</param>
    /// <param name="v">[d, kv_heads, kv_tokens].</param>
    /// <param name="mask">F32 [kv_tokens, tokens], added to the scaled scores; or none.</param>
    /// <param name="scale">Usually 1 / sqrt(d).</param>
    /// <param name="keepF32">Keys, values and sums stay F32 even where a device is faster with F16.</param>
    /// <returns>[d * heads, tokens].</returns>
    public static Tensor Build(Context c, Backend backend, Tensor q, Tensor k, Tensor v, Tensor mask, float scale, bool keepF32)
    {
        long width = q.Ne(0) * q.Ne(1), tokens = q.Ne(2);
        q = c.Permute(q, 0, 2, 1, 3);
        k = c.Permute(k, 0, 2, 1, 3);
        // Off the CPU flash attention has F16 inside, whatever the types of its operands.
        bool half = backend.Device.Backend != BackendKind.Cpu;
        if (mask.IsNone && !(keepF32 && half))
        {
            Tensor vRows = c.Permute(v, 0, 2, 1, 3);
            Tensor flash = half
                ? c.FlashAttention(q, c.Cast(k, GgmlType.F16), c.Cast(vRows, GgmlType.F16), default, scale)
                : c.FlashAttention(q, k, vRows, default, scale);
            if (backend.Supports(flash))
                return c.Reshape(flash, width, tokens);
        }
        return c.Reshape(InPieces(c, backend, q, c.Cont(k), c.Cont(c.Permute(v, 1, 2, 0, 3)), mask, scale), width, tokens);
    }

    // q [d, tokens, heads], k [d, kv_tokens, kv_heads], v [kv_tokens, d, kv_heads] -> [d, heads, tokens]
    private static Tensor InPieces(Context c, Backend backend, Tensor q, Tensor k, Tensor v, Tensor mask, float scale)
    {
        long tokens = q.Ne(1);
        long rows = RowsOfPiece(tokens, k.Ne(1), q.Ne(2));
        var pieces = new List<Tensor>();
        for (long first = 0; first < tokens; first += rows)
        {
            long count = Math.Min(rows, tokens - first);
            Tensor piece = count == tokens ? q : c.Rows(q, first, count);
            // Vulkan copies an operand that is not contiguous as F16, even where its products are F32.
            if (backend.Device.Backend != BackendKind.Cpu)
                piece = c.Cont(piece);
            Tensor pieceMask = mask.IsNone || count == tokens ? mask : c.Cont(c.Rows(mask, first, count));
            Tensor scores = c.SoftMax(c.MulMat(k, piece), pieceMask, scale);
            pieces.Add(c.Cont(c.Permute(c.MulMat(v, scores), 0, 2, 1, 3)));
        }
        return c.Concat(pieces, 2);
    }

    private static long RowsOfPiece(long tokens, long kvTokens, long heads)
        => Math.Clamp(MaxScoreBytes / (sizeof(float) * kvTokens * heads), (tokens + MaxPieces - 1) / MaxPieces, tokens);
}

using System.Text;

namespace ZImage.Engine.Text;

/// <summary>
/// Byte-level BPE: a word begins as the tokens of its UTF-8 bytes; of the neighbours that a merge joins, those of the lowest rank are joined
/// first, the leftmost of equals, until no merge applies. Safe to use from several threads.
/// </summary>
internal sealed class BytePairEncoder
{
    private readonly int[] _bytes;
    private readonly long _tokenCount;
    private readonly Dictionary<long, int> _ranks;
    private readonly int[] _merged;

    /// <exception cref="InvalidTokenizerException">A byte has no token, a token or a merge comes twice, or a merge is not of tokens.</exception>
    public BytePairEncoder(TokenizerVocabulary vocabulary)
    {
        Dictionary<string, int> ids = Ids(vocabulary);
        _bytes = Bytes(ids, vocabulary.Source);
        _tokenCount = vocabulary.Tokens.Count;
        _ranks = new Dictionary<long, int>(vocabulary.Merges.Count);
        _merged = new int[vocabulary.Merges.Count];
        Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> parts = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        for (int rank = 0; rank < _merged.Length; rank++)
        {
            string merge = vocabulary.Merges[rank];
            int space = merge.IndexOf(' ');
            if (space < 0)
                throw Invalid(merge, "is not two tokens with a space between");
            ReadOnlySpan<char> left = merge.AsSpan(0, space), right = merge.AsSpan(space + 1);
            if (!parts.TryGetValue(left, out int leftId) || !parts.TryGetValue(right, out int rightId) || !ids.TryGetValue(string.Concat(left, right), out _merged[rank]))
                throw Invalid(merge, "joins or makes what is not a token");
            if (!_ranks.TryAdd(Pair(leftId, rightId), rank))
                throw Invalid(merge, "comes twice");
        }

        InvalidTokenizerException Invalid(string merge, string reason) => new($"The merge '{merge}' {reason}.", vocabulary.Source);
    }

    /// <summary>Appends the ids of a word, which no merge crosses.</summary>
    /// <param name="word">Well-formed text.</param>
    /// <param name="ids">Takes the ids.</param>
    public void Encode(ReadOnlySpan<char> word, List<int> ids)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(word)];
        Encoding.UTF8.GetBytes(word, bytes);
        var symbols = new Symbol[bytes.Length];
        for (int i = 0; i < symbols.Length; i++)
            symbols[i] = new Symbol(_bytes[bytes[i]], i - 1, i + 1 < symbols.Length ? i + 1 : -1);

        // The joins that can be made, by rank and place. A join may take away the symbols of another, which is passed over when its turn comes.
        var joins = new PriorityQueue<int, long>();
        for (int i = 0; i < symbols.Length; i++)
            Offer(joins, symbols, i);
        while (joins.TryDequeue(out int left, out long order))
        {
            int rank = Rank(symbols, left);
            if (rank < 0 || rank != order >> 32)
                continue;
            int right = symbols[left].Next, next = symbols[right].Next;
            symbols[left] = symbols[left] with { Id = _merged[rank], Next = next };
            symbols[right].Id = -1;
            if (next >= 0)
                symbols[next].Previous = left;
            Offer(joins, symbols, symbols[left].Previous);
            Offer(joins, symbols, left);
        }

        foreach (Symbol symbol in symbols)
        {
            if (symbol.Id >= 0)
                ids.Add(symbol.Id);
        }
    }

    private void Offer(PriorityQueue<int, long> joins, Symbol[] symbols, int left)
    {
        if (left >= 0 && Rank(symbols, left) is >= 0 and int rank)
            joins.Enqueue(left, (long)rank << 32 | (uint)left);
    }

    /// <summary>The rank of the merge that joins a symbol with the one after it; negative when there is none.</summary>
    private int Rank(Symbol[] symbols, int left) =>
        symbols[left] is { Id: >= 0, Next: >= 0 } symbol && _ranks.TryGetValue(Pair(symbol.Id, symbols[symbol.Next].Id), out int rank) ? rank : -1;

    /// <summary>The place of a pair among all pairs of tokens.</summary>
    private long Pair(int left, int right) => left * _tokenCount + right;

    private static Dictionary<string, int> Ids(TokenizerVocabulary vocabulary)
    {
        var ids = new Dictionary<string, int>(vocabulary.Tokens.Count);
        for (int id = 0; id < vocabulary.Tokens.Count; id++)
        {
            if (TokenType.IsMergeable(vocabulary.TokenTypes[id]) && !ids.TryAdd(vocabulary.Tokens[id], id))
                throw new InvalidTokenizerException($"The token '{vocabulary.Tokens[id]}' comes twice.", vocabulary.Source);
        }

        return ids;
    }

    private static int[] Bytes(Dictionary<string, int> ids, string? source)
    {
        var bytes = new int[256];
        for (int value = 0; value < bytes.Length; value++)
        {
            if (!ids.TryGetValue(ByteAlphabet.ToChar((byte)value).ToString(), out bytes[value]))
                throw new InvalidTokenizerException($"It has no token for the byte 0x{value:X2}.", source);
        }

        return bytes;
    }

    /// <summary>A token of the word being encoded, in a list linked by index.</summary>
    /// <param name="Id">The token; negative once it was joined to the one before it.</param>
    /// <param name="Previous">The symbol before; negative at the beginning.</param>
    /// <param name="Next">The symbol after; negative at the end.</param>
    private record struct Symbol(int Id, int Previous, int Next);
}

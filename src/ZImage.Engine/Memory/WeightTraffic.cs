using ZImage.Engine.Models;

namespace ZImage.Engine.Memory;

/// <summary>Goes through phases as the residency will, and counts what is moved: what is in a place already is not moved again.</summary>
internal sealed class WeightTraffic(Func<Block, long> bytesOf)
{
    private readonly HashSet<Block> _loaded = [];
    private readonly Block?[] _slots = new Block?[2];
    private readonly Dictionary<Block, int> _moves = [];

    /// <summary>How often each block was moved since the beginning, or since <see cref="Forget"/>.</summary>
    public IReadOnlyDictionary<Block, int> Moves => _moves;

    public void Forget() => _moves.Clear();

    /// <summary>Bytes moved in each sequence of a phase.</summary>
    public long[] Enter(IReadOnlySet<Block> held, IReadOnlyList<Block> streamed, IReadOnlyList<BlockSequence> sequences)
    {
        _loaded.IntersectWith(held);
        Array.Clear(_slots);
        Dictionary<Block, int> slotOf = streamed.Select((block, i) => (block, i)).ToDictionary(pair => pair.block, pair => pair.i % _slots.Length);
        return [.. sequences.Select(sequence => GoThrough(sequence, held, slotOf))];
    }

    private long GoThrough(BlockSequence sequence, IReadOnlySet<Block> held, Dictionary<Block, int> slotOf)
    {
        long total = 0;
        for (int time = 0; time < sequence.Times; time++)
        {
            foreach (Block block in sequence.Blocks)
            {
                if (held.Contains(block))
                {
                    if (!_loaded.Add(block))
                        continue;
                }
                else if (slotOf.TryGetValue(block, out int slot))
                {
                    if (_slots[slot] == block)
                        continue;
                    _slots[slot] = block;
                }
                else
                    continue;
                total += bytesOf(block);
                _moves[block] = _moves.GetValueOrDefault(block) + 1;
            }
        }
        return total;
    }
}

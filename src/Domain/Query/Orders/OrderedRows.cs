namespace Cairn.Query.Orders;

/// <summary>
/// Rows in some order, in chunks, so that one in the middle can come or go by copying its chunk. Immutable; versions share the chunks that did not change;
/// any thread.
/// Invariants: no chunk is empty; none has more than <see cref="ChunkRows"/> rows.
/// </summary>
internal sealed class OrderedRows
{
    /// <summary>Rows of a chunk at most: 2 KiB, which is what a changed row copies.</summary>
    public const int ChunkRows = 512;

    // Object header and length of an array, the reference to it, and its end.
    private const int BytesPerChunk = 16 + 8 + sizeof(int);

    private readonly int[][] _chunks;
    private readonly int[] _ends;

    private OrderedRows(int[][] chunks)
    {
        (_chunks, _ends) = (chunks, new int[chunks.Length]);
        for (var chunk = 0; chunk < chunks.Length; chunk++)
        {
            _ends[chunk] = Count += chunks[chunk].Length;
        }
    }

    /// <summary>How many there are.</summary>
    public int Count { get; }

    /// <summary>Bytes of memory.</summary>
    public long Bytes => (Count * (long)sizeof(int)) + (_chunks.Length * (long)BytesPerChunk);

    /// <summary>The row at a position.</summary>
    public int this[int position]
    {
        get
        {
            var chunk = Array.BinarySearch(_ends, position + 1);
            chunk = chunk < 0 ? ~chunk : chunk;
            return _chunks[chunk][position - _ends[chunk] + _chunks[chunk].Length];
        }
    }

    /// <summary>Rows that are in order.</summary>
    public static OrderedRows Of(ReadOnlySpan<int> rows)
    {
        // With some room in each, so that the first row that comes does not halve its chunk.
        const int Filled = ChunkRows * 7 / 8;
        var chunks = new int[(rows.Length + Filled - 1) / Filled][];
        for (var chunk = 0; chunk < chunks.Length; chunk++)
        {
            chunks[chunk] = rows[(chunk * Filled)..Math.Min(rows.Length, (chunk + 1) * Filled)].ToArray();
        }

        return new(chunks);
    }

    /// <summary>Begins a version with some rows more or less. One thread.</summary>
    public Change Begin() => new(this);

    /// <summary>A version in the making. Rows are found by comparing them with those that are there.</summary>
    internal sealed class Change(OrderedRows before)
    {
        private readonly List<int[]> _chunks = [.. before._chunks];

        /// <summary>Takes a row out that is there.</summary>
        /// <returns>False: it is not where the order says.</returns>
        public bool TryRemove(int row, Comparison<int> order)
        {
            var (chunk, at) = Find(row, order);
            if (chunk == _chunks.Count || at == _chunks[chunk].Length || _chunks[chunk][at] != row)
            {
                return false;
            }

            int[] rest = [.. _chunks[chunk].AsSpan(0, at), .. _chunks[chunk].AsSpan(at + 1)];
            var joins = chunk + 1 < _chunks.Count && rest.Length + _chunks[chunk + 1].Length <= ChunkRows / 2;
            if (joins || rest.Length == 0)
            {
                _chunks.RemoveAt(chunk);
            }

            if (joins)
            {
                _chunks[chunk] = [.. rest, .. _chunks[chunk]];
            }
            else if (rest.Length > 0)
            {
                _chunks[chunk] = rest;
            }

            return true;
        }

        /// <summary>Puts a row into its place.</summary>
        public void Insert(int row, Comparison<int> order)
        {
            if (_chunks.Count == 0)
            {
                _chunks.Add([row]);
                return;
            }

            var (chunk, at) = Find(row, order);
            if (chunk == _chunks.Count)
            {
                (chunk, at) = (chunk - 1, _chunks[^1].Length);
            }

            int[] grown = [.. _chunks[chunk].AsSpan(0, at), row, .. _chunks[chunk].AsSpan(at)];
            if (grown.Length <= ChunkRows)
            {
                _chunks[chunk] = grown;
                return;
            }

            _chunks[chunk] = grown[..(ChunkRows / 2)];
            _chunks.Insert(chunk + 1, grown[(ChunkRows / 2)..]);
        }

        /// <summary>The version.</summary>
        public OrderedRows Finish() => new([.. _chunks]);

        // The first place whose row does not come before this one; behind the last chunk: there is none.
        private (int Chunk, int At) Find(int row, Comparison<int> order)
        {
            var (low, high) = (0, _chunks.Count);
            while (low < high)
            {
                var middle = (low + high) >>> 1;
                (low, high) = order(_chunks[middle][^1], row) < 0 ? (middle + 1, high) : (low, middle);
            }

            var chunk = low;
            if (chunk == _chunks.Count)
            {
                return (chunk, 0);
            }

            (low, high) = (0, _chunks[chunk].Length);
            while (low < high)
            {
                var middle = (low + high) >>> 1;
                (low, high) = order(_chunks[chunk][middle], row) < 0 ? (middle + 1, high) : (low, middle);
            }

            return (chunk, low);
        }
    }
}

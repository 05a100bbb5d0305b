using System.Buffers.Binary;
using Cairn.Columns;

namespace Cairn.Indexes;

/// <summary>
/// The numbers of a key table in byte order of their keys, for lists. Built when first asked for, then extended: sorted runs of
/// falling length, merged when a newer one has grown to half of the one before it. Thread-safe; writers of the table never wait for it.
/// </summary>
/// <param name="keys">What is ordered.</param>
/// <param name="stored">The first numbers in the order of a checkpoint; null: none.</param>
internal sealed class KeyOrder(KeyTable keys, OrderRun? stored = null)
{
    private readonly Lock _gate = new();
    private OrderRun[] _runs = stored is { Length: > 0 } ? [stored] : [];
    private int _covered = stored?.Length ?? 0;

    /// <summary>Bytes of memory.</summary>
    public long Bytes => Volatile.Read(ref _runs).Sum(static run => run.Bytes);

    /// <summary>A walk in byte order over the numbers below <paramref name="count"/>, from the first key after <paramref name="after"/>.</summary>
    /// <param name="count">Numbers that the caller's snapshot counts.</param>
    /// <param name="after">Begin behind this key; empty: at the first.</param>
    /// <param name="inclusive">Begin at <paramref name="after"/> itself if it is there.</param>
    public Walk From(int count, ReadOnlySpan<byte> after, bool inclusive)
    {
        var runs = Cover(count);
        var at = new int[runs.Length];
        for (var r = 0; r < runs.Length; r++)
        {
            at[r] = LowerBound(keys, runs[r], 0, after, inclusive);
        }

        return new(keys, runs, at, count);
    }

    private OrderRun[] Cover(int count)
    {
        lock (_gate)
        {
            if (_covered < count)
            {
                var runs = new List<OrderRun>(_runs) { Sort(_covered, count) };
                while (runs.Count > 1 && runs[^1].Length * 2L >= runs[^2].Length)
                {
                    runs[^2] = Merge(runs[^2], runs[^1]);
                    runs.RemoveAt(runs.Count - 1);
                }

                Volatile.Write(ref _runs, [.. runs]);
                _covered = count;
            }

            return _runs;
        }
    }

    /// <summary>Some numbers in byte order of their keys.</summary>
    public static int[] Sorted(KeyTable keys, int from, int to)
    {
        var rows = new int[to - from];
        var prefixes = new ulong[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = from + i;
            prefixes[i] = Prefix(keys[from + i]);
        }

        Array.Sort(prefixes, rows);
        for (var start = 0; start < rows.Length;)
        {
            var end = start + 1;
            while (end < rows.Length && prefixes[end] == prefixes[start])
            {
                end++;
            }

            if (end - start > 1)
            {
                rows.AsSpan(start, end - start).Sort((a, b) => keys[a].SequenceCompareTo(keys[b]));
            }

            start = end;
        }

        return rows;
    }

    private OrderRun Sort(int from, int to)
    {
        var run = new OrderRunWriter(to - from);
        foreach (var row in Sorted(keys, from, to))
        {
            run.Add(row);
        }

        return run.Finish();
    }

    private OrderRun Merge(OrderRun a, OrderRun b)
    {
        var merged = new OrderRunWriter(a.Length + b.Length);
        for (int i = 0, j = 0; i < a.Length || j < b.Length;)
        {
            var takeA = j == b.Length || (i < a.Length && keys[a[i]].SequenceCompareTo(keys[b[j]]) < 0);
            merged.Add(takeA ? a[i++] : b[j++]);
        }

        return merged.Finish();
    }

    /// <summary>The first place, from one on, whose key is not less than another.</summary>
    public static int LowerBound(KeyTable keys, OrderRun run, int from, ReadOnlySpan<byte> key) => LowerBound(keys, run, from, key, inclusive: true);

    private static int LowerBound(KeyTable keys, OrderRun run, int from, ReadOnlySpan<byte> key, bool inclusive)
    {
        var (low, high) = (from, run.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            var order = keys[run[middle]].SequenceCompareTo(key);
            if (order < 0 || (order == 0 && !inclusive))
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private static ulong Prefix(ReadOnlySpan<byte> key)
    {
        Span<byte> padded = stackalloc byte[sizeof(ulong)];
        padded.Clear();
        key[..Math.Min(key.Length, padded.Length)].CopyTo(padded);
        return BinaryPrimitives.ReadUInt64BigEndian(padded);
    }

    /// <summary>A walk over several sorted runs at once. One thread.</summary>
    internal sealed class Walk(KeyTable keys, OrderRun[] runs, int[] at, int count)
    {
        /// <summary>The number reached.</summary>
        public int Current { get; private set; }

        /// <summary>Goes to the next key.</summary>
        public bool MoveNext()
        {
            while (true)
            {
                var best = -1;
                for (var r = 0; r < runs.Length; r++)
                {
                    if (at[r] < runs[r].Length
                        && (best < 0 || keys[runs[r][at[r]]].SequenceCompareTo(keys[runs[best][at[best]]]) < 0))
                    {
                        best = r;
                    }
                }

                if (best < 0)
                {
                    return false;
                }

                Current = runs[best][at[best]++];
                if (Current < count)
                {
                    return true;
                }
            }
        }
    }
}

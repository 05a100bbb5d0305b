using Cairn.Formats;
using Cairn.Log;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;

namespace Cairn.Domain.Tests.Reconciliation;

/// <summary>Runs when no other test does: it reads the size of the process's heap.</summary>
[CollectionDefinition(nameof(FlatMemoryTests), DisableParallelization = true)]
public sealed class FlatMemoryCollection;

/// <summary>
/// Overwriting the same concepts for ever takes no more memory than doing so for a while. Asserted three times: by what the engine counts as its
/// data, which stays within a tenth and below 2 MiB (300 KiB of it are live), and by the heap, which grows by less than 4 MiB where 250 MB
/// are overwritten. Most updates go to few concepts: the rare ones then lie scattered in chunks that are dead otherwise, which only compaction
/// frees. `Benchmarks memory` does it with 10 million updates.
/// </summary>
[Collection(nameof(FlatMemoryTests))]
public sealed class FlatMemoryTests
{
    private const int Concepts = 1_000;
    private const int OftenUpdated = 50;
    private const double OthersShare = 0.004;
    private const int PerCommit = 100;
    private const int CommitsPerPublish = 10;
    private const int WarmUp = 100_000;
    private const int Updates = 1_000_000;
    private readonly Reconciler _reconciler = new(default, new(42));
    private readonly CommitWriter _writer = new(default);
    private readonly Random _random = new(7);
    private readonly byte[] _text = new byte[400];
    private readonly byte[] _id = "c000"u8.ToArray();
    private byte[] _frame = [];
    private ulong _sequence;
    private long _offset;

    [Fact]
    public void Publish_WhenTheSameConceptsAreOverwrittenAMillionTimes_KeepsMemoryFlat()
    {
        _text.AsSpan().Fill((byte)'x');
        Update(Concepts, static i => i);
        Update(WarmUp, _ => Skewed());
        var (counted, heap) = (CountedBytes(), HeapBytes());

        Update(Updates, _ => Skewed());

        Assert.Equal(Concepts, _reconciler.Newest.ConceptCount);
        Assert.InRange(CountedBytes(), 1, Math.Min(counted * 11 / 10, 2 * 1024 * 1024));
        Assert.InRange(HeapBytes(), 1, heap + (4 * 1024 * 1024));
    }

    // Remembered commits are left out: their number has a limit of its own, which so few do not reach.
    private long CountedBytes() => _reconciler.MemoryBytes - _reconciler.Memory.Bytes;

    private static long HeapBytes() => GC.GetTotalMemory(forceFullCollection: true);

    private int Skewed() => _random.Next(_random.NextDouble() < OthersShare ? Concepts : OftenUpdated);

    private void Update(int updates, Func<int, int> concept)
    {
        for (var commit = 1; commit <= updates / PerCommit; commit++)
        {
            _writer.Begin("made"u8, givenByCaller: false, Timestamp.Min);
            for (var i = 0; i < PerCommit; i++)
            {
                Put(concept(((commit - 1) * PerCommit) + i));
            }

            Apply(_writer.Finish());
            if (commit % CommitsPerPublish == 0)
            {
                _reconciler.Publish();
            }
        }
    }

    private void Put(int concept)
    {
        concept.TryFormat(_id.AsSpan(1), out _, "D3");
        _writer.BeginPut(_id, OnExists.Replace);
        _writer.Content(_text.AsSpan(0, _random.Next(_text.Length / 2)));
        _writer.BeginAttributes();
        _writer.Attribute("count"u8);
        _writer.Int64(_random.Next());
        _writer.Attribute("note"u8);
        _writer.String(_text.AsSpan(0, 100 + _random.Next(100)));
        _writer.EndAttributes();
        _writer.EndOperation();
    }

    private void Apply(EncodedCommit commit)
    {
        if (_frame.Length < commit.LengthBytes)
        {
            _frame = new byte[2 * commit.LengthBytes];
        }

        commit.Stamp(new(7), ++_sequence, new((long)_sequence), _frame);
        _offset += commit.LengthBytes;
        var outcome = _reconciler.Apply(new LogFrame(_frame.AsMemory(0, commit.LengthBytes), new(_offset)));
        commit.Return();
        Assert.Equal(OutcomeKind.Committed, outcome?.Kind);
    }
}

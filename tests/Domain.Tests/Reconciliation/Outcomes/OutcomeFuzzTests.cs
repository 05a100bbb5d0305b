using Cairn.Domain.Tests.Formats.Segments;
using Cairn.Formats;
using Cairn.Formats.Segments;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Reconciliation.Outcomes;
using FsCheck;
using FsCheck.Fluent;

namespace Cairn.Domain.Tests.Reconciliation.Outcomes;

/// <summary>Whatever stands in a file of outcomes whose checksums hold, its readers answer or throw Corrupt: no other exception, no endless loop.</summary>
public sealed class OutcomeFuzzTests
{
    private readonly CommitMemory _memory = new(new KeyedHash(5)) { KeepsAll = true };

    [Fact]
    public async Task File_WhenChunksAreChangedUnderGoodChecksums_ThrowsOnlyCorrupt()
    {
        var commits = new OutcomeCommits(new Random(11), _memory);
        commits.AddMany(120, mostResults: 20);
        var chunks = Chunks((await StoredOutcomes.WriteAsync(_memory.Seal(commits.Position))).Open());
        var refused = 0;
        for (var seed = 0; seed < 4_000; seed++)
        {
            var random = new Random(seed);
            var changed = chunks.ToList();
            var at = random.Next(changed.Count);
            changed[at] = changed[at] with { Raw = Fuzz.Change(changed[at].Raw, random) };
            refused += IsRefused(SegmentBytes.Write(changed), commits) ? 1 : 0;
        }

        Assert.InRange(refused, 1_500, 4_000);
    }

    [Fact]
    public async Task File_WhenAChunkIsMissing_IsCorrupt()
    {
        var commits = new OutcomeCommits(new Random(12), _memory);
        commits.AddMany(50);
        var chunks = Chunks((await StoredOutcomes.WriteAsync(_memory.Seal(commits.Position))).Open());
        Assert.Equal(8, chunks.Count);

        for (var missing = 0; missing < chunks.Count; missing++)
        {
            Assert.True(IsRefused(SegmentBytes.Write(chunks.Where((_, i) => i != missing)), commits));
        }
    }

    [Fact]
    public void Decoders_WhenBytesAreRandom_ThrowOnlyCorrupt() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(2_000).WithEndSize(300), Prop.ForAll<byte[]>(bytes =>
    {
        Fuzz.IsCorrupt(() => OutcomeRange.Read(bytes));
        Fuzz.IsCorrupt(() => OutcomePlace.Read(bytes, new(default, LogPosition.Max, Timestamp.Min, Timestamp.Max, Timestamp.Min, 10, 5)));
        Fuzz.IsCorrupt(() => CommitIdTable.Read(bytes, bytes.Length / 16));
        Fuzz.IsCorrupt(() => CommitIdTable.Find(bytes, 7));
        Fuzz.IsCorrupt(() => CommitIdFilter.Read([bytes]).MayHold(7));
        Fuzz.IsCorrupt(() =>
        {
            var reader = new ByteReader(bytes);
            while (reader.Left > 0)
            {
                OutcomeRecord.Read(ref reader, new(1), Timestamp.Min).Decode();
            }
        });
    }));

    private static List<TestChunk> Chunks(SegmentFile file)
    {
        var chunks = new List<TestChunk>();
        foreach (var section in file.Sections)
        {
            for (var i = 0; i < section.ChunkCount; i++)
            {
                var chunk = file.Chunk(section, i);
                chunks.Add(new(section.Id, chunk.Number, file.Read(chunk)));
            }
        }

        return chunks;
    }

    private static bool IsRefused(SegmentBytes bytes, OutcomeCommits commits)
    {
        var refused = false;
        OutcomeFile? file = null;
        refused |= Fuzz.IsCorrupt(() => file = StoredOutcomes.Open(bytes, new()));
        if (file is null)
        {
            return refused;
        }

        refused |= Fuzz.IsCorrupt(file.LoadFilter);
        refused |= Fuzz.IsCorrupt(() => _ = file.ReadAfter(LogPosition.Zero).Count());
        foreach (var (id, _, _) in commits.All)
        {
            refused |= Fuzz.IsCorrupt(() => file.TryFindGiven(CommitKey.OfGiven(id), out _));
            refused |= Fuzz.IsCorrupt(() => file.TryFindMade(CommitKey.OfMade(id), out _));
            _ = file.MayHoldGiven(CommitKey.OfGiven(id));
        }

        return refused;
    }
}

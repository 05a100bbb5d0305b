using Cairn.Domain.Tests.Formats.Segments;
using Cairn.Formats.Segments;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Reconciliation.Outcomes;

namespace Cairn.Domain.Tests.Reconciliation.Outcomes;

/// <summary>A memory whose outcomes are sealed, stored, restored and dropped says the same as one that keeps all in memory.</summary>
public sealed class StoredMemoryTests
{
    [Fact]
    public void Memory_WhenStoredAndRestoredAtRandom_SaysWhatWasAdded() => Properties.CheckRandom(60, random =>
    {
        var run = new StoredRun(random);
        for (var step = 0; step < 300; step++)
        {
            run.Step();
        }
    });

    [Fact]
    public void Seal_WhenTheLastOneWasNotStored_GivesItAgain()
    {
        var memory = new CommitMemory(new KeyedHash(1)) { KeepsAll = true };
        var commits = new OutcomeCommits(new Random(4), memory);
        commits.AddMany(100);
        var lost = memory.Seal(commits.Position);
        commits.AddMany(100);

        var outcomes = memory.Seal(commits.Position);

        Assert.Equal((lost.After, commits.All.Count), (outcomes.After, (int)outcomes.Count));
        memory.Stored(StoredOutcomes.Store(outcomes, memory.Cache));
        Assert.Equal(commits.Position, memory.Seal(commits.Position).After);
        Assert.Equal(0, memory.Seal(commits.Position).Count);
    }

    [Fact]
    public void Stored_WhenReplayWentOnMeanwhile_KeepsWhatCameBehind()
    {
        var memory = new CommitMemory(new KeyedHash(1)) { KeepsAll = true };
        var commits = new OutcomeCommits(new Random(5), memory);
        commits.AddMany(100);
        var outcomes = memory.Seal(commits.Position);
        var end = commits.Position;
        commits.AddMany(100);
        memory.Stored(StoredOutcomes.Store(outcomes, memory.Cache));

        Assert.All(commits.All, entry => Assert.NotNull(memory.Find(entry.Id)));
        Assert.Equal(commits.All.Count(entry => entry.Commit.Outcome.Position > end), memory.Seal(commits.Position).Count);
    }

    [Fact]
    public void Stored_WhenTheFileDoesNotBeginAtTheEnd_IsRefused()
    {
        var memory = new CommitMemory(new KeyedHash(1)) { KeepsAll = true };
        var commits = new OutcomeCommits(new Random(6), memory);
        commits.AddMany(10);
        var file = StoredOutcomes.Store(memory.Seal(commits.Position), memory.Cache);
        memory.Stored(file);

        Assert.Equal(ErrorKind.Internal, Assert.Throws<CairnException>(() => memory.Stored(file)).Kind);
    }

    [Fact]
    public void Restore_WhenAFileIsMissingBetween_IsCorrupt()
    {
        var memory = new CommitMemory(new KeyedHash(1)) { KeepsAll = true };
        var commits = new OutcomeCommits(new Random(7), memory);
        var files = new List<OutcomeFile>();
        for (var i = 0; i < 3; i++)
        {
            commits.AddMany(10);
            files.Add(StoredOutcomes.Store(memory.Seal(commits.Position), memory.Cache));
            memory.Stored(files[^1]);
        }

        var restored = new CommitMemory(new KeyedHash(2)) { KeepsAll = true };

        Assert.Equal(ErrorKind.Corrupt, Assert.Throws<CairnException>(() => restored.Restore([files[0], files[2]], commits.Position, Timestamp.Min)).Kind);
        Assert.Equal(ErrorKind.Corrupt, Assert.Throws<CairnException>(() => restored.Restore(files, files[1].Range.End, Timestamp.Min)).Kind);
        restored.Restore(files, commits.Position, Timestamp.Min);
        Assert.Equal(commits.All.Count, restored.ReadAfter(LogPosition.Zero, int.MaxValue).Count);
    }

    [Fact]
    public void Seal_WhenTheMemoryForgets_IsRefused() =>
        Assert.Equal(ErrorKind.Internal, Assert.Throws<CairnException>(() => new CommitMemory(new KeyedHash(1)).Seal(new(1))).Kind);

    [Fact]
    public void Drop_WhenTheOldestFileGoes_SaysSinceWhenCommitsAreKnown()
    {
        var memory = new CommitMemory(new KeyedHash(1)) { KeepsAll = true };
        var commits = new OutcomeCommits(new Random(8), memory);
        commits.AddMany(50);
        var file = StoredOutcomes.Store(memory.Seal(commits.Position), memory.Cache);
        var end = commits.Position;
        memory.Stored(file);
        Assert.Equal((LogPosition.Zero, LogPosition.Zero), (memory.KnownAfter, memory.KnownSince));
        commits.AddMany(500);
        Assert.True(file.Range.LastTime < memory.ForgottenBefore);

        memory.Drop(file);

        Assert.Equal((end, new LogPosition(end.Value + 1)), (memory.KnownAfter, memory.KnownSince));
        Assert.Equal(commits.All.Where(entry => entry.Commit.Outcome.Position > end).Select(static entry => entry.Commit.Outcome.Position), memory.ReadAfter(LogPosition.Zero, int.MaxValue).Select(static commit => commit.Outcome.Position));
        Assert.Equal(0, memory.Cache.Bytes);
    }

    [Fact]
    public void Drop_WhenAFileLiesInTheWindow_IsRefused()
    {
        var memory = new CommitMemory(new KeyedHash(1)) { KeepsAll = true };
        var commits = new OutcomeCommits(new Random(9), memory);
        commits.AddMany(50);
        var file = StoredOutcomes.Store(memory.Seal(commits.Position), memory.Cache);
        memory.Stored(file);

        Assert.Equal(ErrorKind.Internal, Assert.Throws<CairnException>(() => memory.Drop(file)).Kind);
    }

    [Fact]
    public async Task FindGiven_WhenTheIdIsNew_ReadsNoFileAndAllocatesNothing()
    {
        var memory = new CommitMemory(new KeyedHash(1)) { KeepsAll = true };
        var (commits, sources) = (new OutcomeCommits(new Random(10), memory), new List<FailingSource>());
        for (var i = 0; i < 150; i++)
        {
            commits.AddMany(40);
            sources.Add(new(await StoredOutcomes.WriteAsync(memory.Seal(commits.Position))));
            memory.Stored(OutcomeFile.Open(SegmentFile.Open(sources[i], $"outcomes/{i}.out", OutcomeSections.IsKnown), memory.Cache));
        }

        sources.ForEach(source => source.Fails = true);
        var id = BitConverter.GetBytes(0);
        Assert.Equal(0, AllocatedBytes.Least(() => Assert.Null(memory.FindGiven(id))));
        var given = commits.All.FindLast(entry => entry.Given && entry.Commit.Time >= memory.ForgottenBefore).Id;
        Assert.Equal(ErrorKind.Unavailable, Assert.Throws<CairnException>(() => memory.FindGiven(given)).Kind);
    }

    /// <summary>A disk that fails from some time on.</summary>
    private sealed class FailingSource(SegmentBytes bytes) : ISegmentSource
    {
        public bool Fails { get; set; }

        public long LengthBytes => bytes.LengthBytes;

        public void Read(long offset, Span<byte> destination)
        {
            if (Fails)
            {
                throw new CairnException(ErrorKind.Unavailable, "the disk fails");
            }

            bytes.Read(offset, destination);
        }
    }

    /// <summary>One memory through everything that can happen to it, compared at each step.</summary>
    private sealed class StoredRun(Random random)
    {
        private readonly OutcomeCommits _commits = new(random, new(new KeyedHash((ulong)random.NextInt64())) { KeepsAll = true });
        private readonly List<OutcomeFile> _files = [];
        private SealedOutcomes? _sealed;
        private LogPosition _dropped;

        private CommitMemory Memory => _commits.Memory;

        public void Step()
        {
            switch (random.Next(13))
            {
                case 0:
                    _sealed = Memory.Seal(_commits.Position);
                    break;
                case 1 when _sealed is { Count: > 0 } outcomes:
                    _files.Add(StoredOutcomes.Store(outcomes, Memory.Cache));
                    Memory.Stored(_files[^1]);
                    _sealed = null;
                    break;
                case 2 when _files.Count > 0 && _files[0].Range.LastTime < Memory.ForgottenBefore:
                    _dropped = _files[0].Range.End;
                    Memory.Drop(_files[0]);
                    _files.RemoveAt(0);
                    break;
                case 3:
                    Restore();
                    break;
                case 4 when _files.Count > 1:
                    Merge();
                    break;
                default:
                    _commits.AddMany(random.Next(1, 8));
                    break;
            }

            Compare();
        }

        private void Merge()
        {
            var first = random.Next(_files.Count - 1);
            var replaced = _files.GetRange(first, random.Next(2, _files.Count - first + 1));
            var merged = StoredOutcomes.Merge(replaced, Memory.Cache);
            Memory.Merged(merged, replaced);
            _files.RemoveRange(first, replaced.Count);
            _files.Insert(first, merged);
        }

        private void Restore()
        {
            if (Memory.Seal(_commits.Position) is { Count: > 0 } outcomes)
            {
                _files.Add(StoredOutcomes.Store(outcomes, Memory.Cache));
            }

            var restored = new CommitMemory(new KeyedHash((ulong)random.NextInt64())) { KeepsAll = true };
            restored.Restore(_files, _commits.Position, Memory.ForgottenBefore);
            _commits.Memory = restored;
            _sealed = null;
        }

        private void Compare()
        {
            var (id, given, _) = _commits.All.Count > 0 ? _commits.All[random.Next(_commits.All.Count)] : ("x"u8.ToArray(), true, default);
            var newest = _commits.All.FindLast(entry => entry.Given == given && entry.Id.AsSpan().SequenceEqual(id)).Commit;
            var remembered = given && newest.Outcome is not null && newest.Time >= Memory.ForgottenBefore && newest.Outcome.Position > _dropped;
            Assert.Equal(remembered ? StoredOutcomes.Text(newest) : "none", StoredOutcomes.Text(Memory.FindGiven(id)));
            if (newest.Outcome?.Position > _dropped)
            {
                Assert.Equal(StoredOutcomes.Text(newest), StoredOutcomes.Text(Memory.Find(id)));
            }

            var after = _commits.All.Count > 0 && random.Next(2) == 0 ? _commits.All[random.Next(_commits.All.Count)].Commit.Outcome.Position : LogPosition.Zero;
            var expected = _commits.All.Where(entry => entry.Commit.Outcome.Position > after && entry.Commit.Outcome.Position > _dropped);
            Assert.Equal(expected.Select(static entry => StoredOutcomes.Text(entry.Commit)), ReadAll(after).Select(static commit => StoredOutcomes.Text(commit)));
        }

        private List<RememberedCommit> ReadAll(LogPosition after)
        {
            var all = new List<RememberedCommit>();
            while (Memory.ReadAfter(after, random.Next(1, 90)) is { Count: > 0 } part)
            {
                all.AddRange(part);
                after = part[^1].Outcome.Position;
            }

            return all;
        }
    }
}

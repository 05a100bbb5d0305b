using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Reconciliation.Outcomes;

namespace Cairn.Domain.Tests.Reconciliation.Outcomes;

public sealed class OutcomeFileTests
{
    private readonly CommitMemory _memory = new(new KeyedHash(5)) { KeepsAll = true };

    [Fact]
    public void Find_WhenCommitsAreStored_GivesEachBackWhole()
    {
        var commits = new OutcomeCommits(new Random(1), _memory);
        commits.AddMany(6_000);
        var file = StoredOutcomes.Store(_memory.Seal(commits.Position), _memory.Cache);

        var newest = commits.All.GroupBy(entry => (entry.Given, Convert.ToHexString(entry.Id))).Select(static group => group.Last());
        foreach (var (id, given, commit) in newest)
        {
            Assert.True(given ? file.TryFindGiven(CommitKey.OfGiven(id), out var found) : file.TryFindMade(CommitKey.OfMade(id), out found));
            Assert.Equal(StoredOutcomes.Text(commit), StoredOutcomes.Text(found));
        }

        Assert.Equal(
            (LogPosition.Zero, commits.Position, commits.All[0].Commit.Time, commits.All[^1].Commit.Time, (long)commits.All.Count, (long)commits.All.Count(static entry => entry.Given)),
            (file.Range.After, file.Range.End, file.Range.FirstTime, file.Range.LastTime, file.Range.Commits, file.Range.Given));
    }

    [Fact]
    public void Find_WhenTheIdIsNotThere_FindsNothing()
    {
        var commits = new OutcomeCommits(new Random(2), _memory);
        commits.AddMany(6_000);
        var file = StoredOutcomes.Store(_memory.Seal(commits.Position), _memory.Cache);

        for (var i = 0; i < 2_000; i++)
        {
            Assert.False(file.TryFindGiven(CommitKey.OfGiven(BitConverter.GetBytes(i)), out _));
            Assert.False(file.TryFindMade(CommitKey.OfMade(BitConverter.GetBytes(i)), out _));
        }

        Assert.False(file.TryFindGiven(0, out _));
        Assert.False(file.TryFindMade(UInt128.MaxValue, out _));
    }

    [Fact]
    public void ReadAfter_FromAnyPosition_GivesTheCommitsBehindIt()
    {
        var commits = new OutcomeCommits(new Random(3), _memory);
        commits.AddMany(3_000, mostResults: 12);
        var file = StoredOutcomes.Store(_memory.Seal(commits.Position), _memory.Cache);
        var all = commits.All.ConvertAll(static entry => StoredOutcomes.Text(entry.Commit));

        Assert.Equal(all, file.ReadAfter(LogPosition.Zero).Select(static commit => StoredOutcomes.Text(commit)));
        for (var i = 0; i < all.Count; i += 61)
        {
            var (at, before) = (commits.All[i].Commit.Outcome.Position, new LogPosition(commits.All[i].Commit.Outcome.Position.Value - 1));
            Assert.Equal(all[(i + 1)..], file.ReadAfter(at).Select(static commit => StoredOutcomes.Text(commit)));
            Assert.Equal(all[i], StoredOutcomes.Text(file.ReadAfter(before).First()));
        }

        Assert.Empty(file.ReadAfter(commits.Position));
    }

    [Fact]
    public void Find_WhenACommitHasAsManyResultsAsItMay_GivesThemBack()
    {
        var own = LogPosition.Of(3, 4_000_000);
        var results = Enumerable.Range(0, Limits.Operations).Select(i => new OperationResult(i % 2 == 0 ? Effect.Unchanged : Effect.Skipped, new(i + 1))).ToArray();
        _memory.AddMade("big"u8, new(OutcomeCommits.Noon, 0, new() { Kind = OutcomeKind.Committed, Position = own, Results = results }));
        _memory.AddMade("next"u8, new(OutcomeCommits.Noon, 0, new() { Kind = OutcomeKind.Committed, Position = new(own.Value + 99) }));
        var file = StoredOutcomes.Store(_memory.Seal(new(own.Value + 99)), _memory.Cache);

        Assert.True(file.TryFindMade(CommitKey.OfMade("big"u8), out var found));
        Assert.Equal(results, found.Outcome.Results);
        Assert.True(file.TryFindMade(CommitKey.OfMade("next"u8), out found));
        Assert.Empty(found.Outcome.Results);
    }

    [Fact]
    public async Task Bytes_WhenCommitsHaveOneOperation_AreFewInMemoryAndFewerInTheFile()
    {
        const int Commits = 200_000;
        var random = new Random(1);
        var bits = new byte[8];
        for (var i = 1; i <= Commits; i++)
        {
            var position = new LogPosition(i * 180L);
            random.NextBytes(bits);
            var milliseconds = OutcomeCommits.Noon.Plus(TimeSpan.FromMilliseconds(i / 20)).ToDateTimeOffset().ToUnixTimeMilliseconds();
            var id = $"{milliseconds:x12}7abc{Convert.ToHexStringLower(bits)}";
            _memory.AddMade(System.Text.Encoding.ASCII.GetBytes(id), new(
                OutcomeCommits.Noon.Plus(TimeSpan.FromMicroseconds(50L * i)), 0, new() { Kind = OutcomeKind.Committed, Position = position, Results = [new(Effect.Created, position)] }));
        }

        var outcomes = _memory.Seal(new(Commits * 180L));
        Assert.InRange(_memory.Bytes / (double)Commits, 20, 44);
        var file = await StoredOutcomes.WriteAsync(outcomes);
        Assert.InRange(file.LengthBytes / (double)Commits, 20, 34);
        Assert.InRange(StoredOutcomes.Open(file, _memory.Cache).Bytes / (double)Commits, 0, 0.1);
    }
}

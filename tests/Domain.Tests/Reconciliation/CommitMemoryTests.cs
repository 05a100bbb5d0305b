using System.Text;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Reconciliation.Outcomes;
using FsCheck;
using FsCheck.Fluent;

namespace Cairn.Domain.Tests.Reconciliation;

public sealed class CommitMemoryTests
{
    private static readonly Timestamp Noon = Timestamp.From(new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero));
    private static readonly TimeSpan Window = TimeSpan.FromHours(24);

    private static readonly Gen<CommitOutcome> Outcomes = Gen.OneOf(
        from effects in Gen.Elements(Enum.GetValues<Effect>()).ListOf()
        from older in Gen.Choose(0, 3).ListOf(effects.Count)
        select new CommitOutcome
        {
            Kind = OutcomeKind.Committed,
            Position = LogPosition.Of(5, 777_777),
            Results = [.. effects.Zip(older, (effect, age) => new OperationResult(effect, age == 0 ? LogPosition.Of(5, 777_777) : LogPosition.Of(age, age)))],
        },
        from reason in Gen.Elements(Enum.GetValues<RejectionReason>().Skip(1))
        from operation in Gen.Elements(-1, 0, 9_999)
        from precondition in Gen.Elements(-1, 0, 9_999)
        select new CommitOutcome
        {
            Kind = OutcomeKind.Rejected,
            Position = LogPosition.Max,
            Reason = reason,
            Operation = operation,
            Precondition = precondition,
        });

    private readonly CommitMemory _memory = new(new KeyedHash(3));

    [Fact]
    public void Find_WhenOutcomesAreOfAnyKind_GivesThemBackWhole() => Properties.Check(200, Outcomes, outcome =>
    {
        var memory = new CommitMemory(new KeyedHash(4));
        memory.AddGiven("key"u8, new(Noon, new(1, 2), outcome), Window);
        memory.AddMade("made"u8, new(Noon, 0, outcome));

        RequireSame(outcome, memory.Find("key"u8)!.Value.Outcome);
        RequireSame(outcome, memory.Find("made"u8)!.Value.Outcome);
        Assert.Equal((Noon, new UInt128(1, 2)), (memory.FindGiven("key"u8)!.Value.Time, memory.FindGiven("key"u8)!.Value.Body));
        Assert.Null(memory.FindGiven("made"u8));
    });

    [Fact]
    public void FindGiven_WhenTheWindowMoves_ForgetsExactlyWhatIsOlder()
    {
        const int Minutes = 3 * 24 * 60;
        for (var minute = 0; minute < Minutes; minute++)
        {
            var now = Noon.Plus(TimeSpan.FromMinutes(minute));
            _memory.Advance(now, Window);
            _memory.AddGiven(Id(minute), Commit(now, minute), Window);
            if (minute % 97 != 0)
            {
                continue;
            }

            var oldest = Math.Max(0, minute - (24 * 60));
            Assert.Equal(minute + 1, _memory.FindGiven(Id(minute))!.Value.Outcome.Position.Value);
            Assert.Equal(oldest + 1, _memory.FindGiven(Id(oldest))!.Value.Outcome.Position.Value);
            Assert.True(oldest == 0 || _memory.FindGiven(Id(oldest - 1)) is null);

            // Whole slices go at once, and there are eight to a window.
            Assert.InRange(_memory.Count, minute - oldest + 1, minute - oldest + 1 + (3 * 60) + 1);
        }
    }

    [Fact]
    public void KnownAfter_WhenForgottenCommitsAreNotStored_LiesBehindThem()
    {
        _memory.AddMade("made"u8, Commit(Noon, 0));
        _memory.AddGiven("key"u8, Commit(Noon, 1), Window);
        _memory.AddMade("later"u8, Commit(Noon, 2));
        _memory.Advance(Noon.Plus(TimeSpan.FromHours(25)), Window);

        Assert.Equal(2, _memory.KnownAfter.Value);
        Assert.Equal([3], _memory.ReadAfter(_memory.KnownAfter, 10).Select(static commit => commit.Outcome.Position.Value));
    }

    [Fact]
    public void FindGiven_WhenTheWindowGrowsAgain_DoesNotRememberWhatWasForgotten()
    {
        _memory.AddGiven("key"u8, Commit(Noon, 1), Window);
        _memory.Advance(Noon.Plus(TimeSpan.FromHours(2)), TimeSpan.FromHours(1));
        _memory.Advance(Noon.Plus(TimeSpan.FromHours(3)), TimeSpan.FromDays(3));

        Assert.Null(_memory.FindGiven("key"u8));
        Assert.Equal(Noon.Plus(TimeSpan.FromHours(1)), _memory.ForgottenBefore);
    }

    [Fact]
    public void Count_WhenAForgottenIdComesAnewInTheSameSlice_CountsItOnce()
    {
        _memory.AddGiven("key"u8, Commit(Noon, 1), Window);
        _memory.AddGiven("other"u8, Commit(Noon.Plus(TimeSpan.FromHours(1)), 2), Window);
        _memory.Advance(Noon.Plus(TimeSpan.FromHours(1.5)), TimeSpan.FromHours(1));
        Assert.Null(_memory.FindGiven("key"u8));

        _memory.AddGiven("key"u8, Commit(Noon.Plus(TimeSpan.FromHours(2)), 3), Window);

        Assert.Equal(3, _memory.FindGiven("key"u8)!.Value.Outcome.Position.Value - 1);
        Assert.Equal(2, _memory.Count);
        _memory.Advance(Noon.Plus(TimeSpan.FromDays(9)), Window);
        Assert.Equal(0, _memory.Count);
    }

    [Fact]
    public void Find_WhenIdsAreMadeByTheService_KnowsTheRecentOnesAndSaysSinceWhen()
    {
        const int Commits = 5 * CommitMemory.RecentCommits / 2;
        for (var i = 0; i < Commits; i++)
        {
            _memory.AddMade(Id(i), Commit(Noon, i));
        }

        var known = (int)_memory.KnownSince.Value - 1;
        Assert.InRange(Commits - known, CommitMemory.RecentCommits, 2 * CommitMemory.RecentCommits);
        Assert.Equal(known, Enumerable.Range(0, Commits).First(i => _memory.Find(Id(i)) is not null));
        Assert.All(Enumerable.Range(known, Commits - known), i => Assert.NotNull(_memory.Find(Id(i))));
        Assert.Equal(0, _memory.Count);
    }

    private static RememberedCommit Commit(Timestamp time, int number) =>
        new(time, 0, new CommitOutcome { Kind = OutcomeKind.Committed, Position = new(number + 1) });

    private static byte[] Id(int number) => Encoding.ASCII.GetBytes($"commit-{number}");

    private static void RequireSame(CommitOutcome expected, CommitOutcome actual)
    {
        Assert.Equal(
            (expected.Kind, expected.Position, expected.Reason, expected.Operation, expected.Precondition),
            (actual.Kind, actual.Position, actual.Reason, actual.Operation, actual.Precondition));
        Assert.Equal(expected.Results, actual.Results);
    }
}

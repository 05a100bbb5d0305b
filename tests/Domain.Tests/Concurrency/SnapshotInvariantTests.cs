using Cairn.Diagnostics;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Snapshots;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Concurrency;

/// <summary>
/// What commits keep true across several concepts is true in every snapshot: fifty readers look while several writers, through both doors,
/// move money between accounts and change pairs together.
/// </summary>
public sealed class SnapshotInvariantTests
{
    private const int Readers = 50;
    private const int TransferWriters = 3;
    private const int TransfersPerWriter = 250;
    private const int Accounts = 12;
    private const long OpeningBalance = 1_000;
    private const int Pairs = 3;
    private const int ChangesPerPair = 400;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Current_WhenManyWritersCommit_NeverBreaksAnInvariant(bool compacts)
    {
        await using var live = await LiveSpace.OpenAsync(new MemorySpaceStore(), SilentEngineObserver.Instance, Cancelled);
        await SeedAsync(live);
        using var written = new CancellationTokenSource();

        var readers = Enumerable.Range(0, Readers).Select(_ => Task.Run(() => ReadAsync(live, written.Token))).ToArray();
        var writers = Enumerable.Range(0, TransferWriters).Select(seed => Task.Run(() => TransferAsync(live, new Random(seed))))
            .Concat(Enumerable.Range(0, Pairs).Select(pair => Task.Run(() => ChangePairAsync(live, pair))));
        var compactions = compacts ? Task.Run(() => CompactAsync(live, written.Token)) : Task.FromResult(1);
        await Task.WhenAll(writers);
        await written.CancelAsync();
        Assert.True(await compactions > 0);

        var reads = await Task.WhenAll(readers);
        Assert.All(reads, count => Assert.True(count > 0));
        RequireInvariants(live.Space.Current);
        Assert.Equal(ChangesPerPair, live.Space.Current.Get("left-0", "value"));
        TestContext.Current.TestOutputHelper?.WriteLine($"{reads.Sum()} consistent reads, {live.Space.GetStatistics().Rounds} snapshots");
    }

    // Generation after generation, as fast as it goes; one at least, however late it begins.
    private static async Task<int> CompactAsync(LiveSpace live, CancellationToken written)
    {
        var count = 0;
        do
        {
            await live.Space.CompactAsync(Cancelled);
            count++;
        }
        while (!written.IsCancellationRequested);
        return count;
    }

    [Fact]
    public async Task CommitAsync_WhenIncrementsRequireTheVersionRead_LosesNone()
    {
        const int Writers = 8;
        const int Increments = 100;
        await using var live = await LiveSpace.OpenAsync(new MemorySpaceStore(), SilentEngineObserver.Instance, Cancelled);
        await live.CommitAsync(commit => commit.Set("counter", "value", 0), Cancelled);

        // All begin with the same version, so that all but one are refused at first; later they meet as it comes.
        var first = live.Space.Current;
        var conflicts = await Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(async () =>
        {
            var refused = 0;
            for (var done = 0; done < Increments;)
            {
                var seen = done + refused == 0 ? first : live.Space.Current;
                var outcome = await live.CommitAsync(
                    commit =>
                    {
                        commit.RequireConcept("counter"u8, Condition.Version, seen.Version("counter"));
                        commit.Set("counter", "value", seen.Get("counter", "value") + 1);
                    },
                    Cancelled);
                Assert.True(outcome.Kind == OutcomeKind.Committed || outcome is { Reason: RejectionReason.Version, Precondition: 0 });
                _ = outcome.Kind == OutcomeKind.Committed ? done++ : refused++;
            }

            return refused;
        })));

        Assert.Equal(Writers * Increments, live.Space.Current.Get("counter", "value"));
        Assert.True(conflicts.Sum() >= Writers - 1, "a commit passed over a version that it had not seen");
    }

    private static Task<CommitOutcome> SeedAsync(LiveSpace live) => live.CommitAsync(
        commit =>
        {
            for (var account = 0; account < Accounts; account++)
            {
                commit.Set($"account-{account}", "balance", OpeningBalance);
            }

            for (var pair = 0; pair < Pairs; pair++)
            {
                SetPair(commit, pair, 0);
            }
        },
        Cancelled);

    private static async Task TransferAsync(LiveSpace live, Random random)
    {
        for (var done = 0; done < TransfersPerWriter;)
        {
            var from = random.Next(Accounts);
            var to = (from + 1 + random.Next(Accounts - 1)) % Accounts;
            var (amount, seen) = (random.Next(1, 50), live.Space.Current);
            var outcome = await live.CommitAsync(
                commit =>
                {
                    foreach (var (account, change) in new[] { ($"account-{from}", -amount), ($"account-{to}", amount) })
                    {
                        commit.RequireConcept(Integers.Utf8(account), Condition.Version, seen.Version(account));
                        commit.Set(account, "balance", seen.Get(account, "balance") + change);
                    }
                },
                Cancelled);
            done += outcome.Kind == OutcomeKind.Committed ? 1 : 0;
        }
    }

    // One writer per pair, through the burst door: it need not read to know what is there.
    private static async Task ChangePairAsync(LiveSpace live, int pair)
    {
        for (var value = 1; value <= ChangesPerPair; value++)
        {
            var linked = value % 2;
            var position = await live.IngestAsync(
                commit =>
                {
                    SetPair(commit, pair, value);
                    if (linked == 1)
                    {
                        commit.Link($"left-{pair}", "linked", $"right-{pair}");
                        commit.Set($"guest-{pair}", "value", value);
                        commit.Link($"left-{pair}", "hosts", $"guest-{pair}");
                    }
                    else
                    {
                        commit.Unlink($"left-{pair}", "linked", $"right-{pair}");
                        commit.Delete(Integers.Utf8($"guest-{pair}"), OnMissing.Fail);
                    }
                },
                Cancelled);
            if (value == ChangesPerPair)
            {
                await live.Space.WaitForAsync(position, TimeSpan.FromSeconds(10), Cancelled);
            }
        }
    }

    private static void SetPair(CommitWriter commit, int pair, int value)
    {
        commit.Set($"left-{pair}", "value", value, Text(value));
        commit.Set($"right-{pair}", "value", value, Text(value));
        commit.Set($"flag-{pair}", "linked", value % 2);
    }

    // Of another length and letter each time, so that old ones are soon garbage between live ones.
    private static byte[] Text(long value) => [.. Enumerable.Repeat((byte)('a' + (value % 26)), (int)(value * 37 % 3_000))];

    private static async Task<int> ReadAsync(LiveSpace live, CancellationToken written)
    {
        var (first, reads) = (live.Space.Current, 0);
        var held = first;
        while (reads == 0 || !written.IsCancellationRequested)
        {
            var newest = live.Space.Current;
            Assert.True(newest.Position >= held.Position, "a later look showed an earlier snapshot");
            RequireInvariants(newest);

            // One that is held while the writers go on stays as it was.
            var (position, value) = (held.Position, held.Get("left-0", "value"));
            RequireInvariants(held);
            Assert.Equal((position, value), (held.Position, held.Get("right-0", "value")));
            held = ++reads % 8 == 0 ? newest : held;
            await Task.Yield();
        }

        RequireInvariants(first);
        return reads;
    }

    private static void RequireInvariants(Snapshot snapshot)
    {
        Assert.Equal(Accounts * OpeningBalance, Enumerable.Range(0, Accounts).Sum(account => snapshot.Get($"account-{account}", "balance")));
        var links = 0;
        for (var pair = 0; pair < Pairs; pair++)
        {
            var (left, right, linked) = ($"left-{pair}", $"right-{pair}", snapshot.Get($"flag-{pair}", "linked"));
            Assert.Equal(snapshot.Get(left, "value"), snapshot.Get(right, "value"));
            Assert.Equal(snapshot.Version(left), snapshot.Version(right));
            Assert.True(Text(snapshot.Get(left, "value")).AsSpan().SequenceEqual(snapshot.Content(left)));
            Assert.True(snapshot.Content(left).SequenceEqual(snapshot.Content(right)));
            Assert.Equal(linked, snapshot.Get(left, "value") % 2);
            Assert.Equal(linked == 1, snapshot.IsLinked(left, "linked", right));
            Assert.Equal(linked == 1, snapshot.Exists($"guest-{pair}"));
            Assert.Equal(linked == 1, snapshot.IsLinked(left, "hosts", $"guest-{pair}"));
            Assert.Equal(2 * linked, snapshot.CountNeighbors(left, Direction.Out));
            Assert.Equal(linked, snapshot.CountNeighbors(right, Direction.In));
            links += (int)linked;
        }

        Assert.Equal(2 * links, snapshot.AssociationCount);
        Assert.Equal(Accounts + (3 * Pairs) + links, snapshot.ConceptCount);
    }
}

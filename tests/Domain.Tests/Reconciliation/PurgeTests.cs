using Cairn.Domain.Tests.Concurrency;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Domain.Tests.Reconciliation;

/// <summary>What replay makes of a purge.</summary>
public sealed class PurgeTests
{
    private readonly ReplayHarness _replay = new();

    private Timestamp InAnHour => _replay.Now.Plus(TimeSpan.FromHours(1));

    [Fact]
    public void Purge_WhenExpired_RemovesTheConceptWithItsAssociationsAndWhatTheyImplied()
    {
        Put("gone", InAnHour);
        Put("stays");
        _replay.Commit(commit =>
        {
            commit.Link("gone", "knows", "stays");
            commit.Link("stays", "knows", "gone");
            commit.BeginAssociate(new("gone"u8, "knows"u8, "only-told"u8, default), OnExists.Replace, MissingEndpoints.Imply);
            commit.EndOperation();
        });
        Assert.True(_replay.Publish().Concept(Row("only-told")).IsImplied);
        Pass(TimeSpan.FromHours(1));

        _replay.Purge("gone");

        var snapshot = _replay.Publish();
        Assert.Equal((1, 0), (snapshot.ConceptCount, snapshot.AssociationCount));
        Assert.Equal(RowFlags.None, _replay.State.Concepts.Flags(Row("gone")));
        Assert.False(snapshot.Concept(Row("only-told")).IsImplied);
        Assert.True(snapshot.Exists("stays"));
        Assert.Equal(1, _replay.Applier.Purged);
    }

    [Fact]
    public void Purge_WhenNotThereNotExpiredOrPutAgain_LeavesItAlone()
    {
        Put("again", InAnHour);
        Put("later", _replay.Now.Plus(TimeSpan.FromHours(2)));
        Put("never");
        Pass(TimeSpan.FromHours(1));
        Put("again");
        var before = _replay.Publish();

        _replay.Purge("again", "later", "never", "unheard-of", "never");

        var after = _replay.Publish();
        Assert.Equal((3L, 0L), (after.ConceptCount, _replay.Applier.Purged));
        Assert.Equal(before.Version("again"), after.Version("again"));
        Assert.Equal(-1, _replay.State.Shared.Ids.Find("unheard-of"u8));
    }

    [Fact]
    public void Purge_WhenPutAfterwards_MakesANewConceptWithoutTheOldAssociations()
    {
        Put("ada", InAnHour);
        Put("babbage");
        _replay.Commit(commit => commit.Link("ada", "knows", "babbage"));
        Pass(TimeSpan.FromHours(1));
        _replay.Purge("ada");

        var outcome = Put("ada");

        Assert.Equal(Effect.Created, outcome.Results[0].Effect);
        Assert.Equal((2, 0), (_replay.Publish().ConceptCount, _replay.Publish().AssociationCount));
    }

    [Fact]
    public void Purge_WhenTheFrameIsOlderThanTheLogClock_GoesByTheLogClock()
    {
        Put("ada", InAnHour);
        Pass(TimeSpan.FromHours(1));
        Put("clock");
        Pass(TimeSpan.FromHours(-1));

        _replay.Purge("ada");

        Assert.Equal(1, _replay.Applier.Purged);
    }

    [Fact]
    public void Purge_WhenContentWasLarge_GivesItsBytesBack()
    {
        for (var i = 0; i < 64; i++)
        {
            Put($"big-{i}", InAnHour, new byte[100_000]);
        }

        var full = _replay.State.Concepts.StoredBytes;
        Pass(TimeSpan.FromHours(1));

        _replay.Purge([.. Enumerable.Range(0, 64).Select(i => $"big-{i}")]);

        Assert.True(full > 6_000_000);
        Assert.InRange(_replay.State.Concepts.StoredBytes, 0, 300_000);
    }

    [Fact]
    public void Purge_WhenACommitBeforeItWasTakenBack_KeepsWhatThatOneRestored()
    {
        Put("ada", InAnHour);
        Put("eve");
        Pass(TimeSpan.FromHours(1));
        var rejected = _replay.Commit(commit =>
        {
            commit.BeginPut("ada"u8, OnExists.Replace);
            commit.EndOperation();
            commit.Delete("nobody"u8, OnMissing.Fail);
        });
        Assert.Equal(RejectionReason.Missing, rejected.Reason);

        _replay.Purge("ada");

        Assert.Equal((1, 1), (_replay.Publish().ConceptCount, _replay.Applier.Purged));
    }

    [Theory]
    [InlineData("")]
    [InlineData("02000000 0100 61")]
    [InlineData("01000000 0000")]
    [InlineData("01000000 0100 61 00")]
    public void Purge_WhenMalformed_IsCorrupt(string hex)
    {
        var failure = Assert.Throws<CairnException>(() => _replay.System(FrameKind.Purge, Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal))));

        Assert.Equal(ErrorKind.Corrupt, failure.Kind);
    }

    [Fact]
    public void TryAdd_WhenFull_IsRefused()
    {
        var few = new PurgeWriter();
        for (var i = 0; i < PurgeBody.MaxConcepts; i++)
        {
            Assert.True(few.TryAdd("a"u8));
        }

        Assert.False(few.TryAdd("a"u8));
        var longest = new PurgeWriter();
        while (longest.TryAdd(new byte[Limits.IdBytes]))
        {
        }

        Assert.InRange(longest.Finish().Length, PurgeBody.MaxBytes - Limits.IdBytes - 2, PurgeBody.MaxBytes);
        Assert.True(longest.TryAdd("a"u8));
        Assert.Equal("01000000010061", Convert.ToHexStringLower(longest.Finish()));
    }

    private int Row(string id) => _replay.State.Shared.Ids.Find(Integers.Utf8(id));

    private void Pass(TimeSpan time) => _replay.Now = _replay.Now.Plus(time);

    private CommitOutcome Put(string id, Timestamp? expiresAt = null, byte[]? content = null) => _replay.Commit(commit =>
    {
        commit.BeginPut(Integers.Utf8(id), OnExists.Replace);
        if (content is not null)
        {
            commit.ContentBytes(content);
        }

        if (expiresAt is { } at)
        {
            commit.ExpiresAt(at);
        }

        commit.EndOperation();
    });
}

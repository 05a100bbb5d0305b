using Cairn.Embedded;
using Cairn.Formats;
using Cairn.Infra.Tests.Local;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Query;
using Cairn.Reconciliation.Changes;
using Cairn.Snapshots;

namespace Cairn.Infra.Tests.Embedded;

public sealed class EmbeddedMemoryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Open_WhenAnotherProcessHasTheFolder_IsRefusedAndNamesIt()
    {
        using var other = LogProcess.Start("hold", _folder.Path, "http://127.0.0.1:7072");
        Assert.Equal("ready", await other.Output.ReadLineAsync(Cancelled));

        var refused = Assert.Throws<CairnException>(() => EmbeddedMemory.Open(_folder.Path, EmbeddedOptions.Default));

        Assert.Equal(ErrorKind.Conflict, refused.Kind);
        Assert.Contains($"process {other.Id} at http://127.0.0.1:7072", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_WhenItHasAnAddress_TellsTheSecondOpener()
    {
        await using var memory = EmbeddedMemory.Open(_folder.Path, EmbeddedOptions.Default with { Address = "http://127.0.0.1:9" });

        var refused = Assert.Throws<CairnException>(() => EmbeddedMemory.Open(_folder.Path, EmbeddedOptions.Default));

        Assert.Contains($"process {Environment.ProcessId} at http://127.0.0.1:9", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Find_WhenReopened_GivesBackEveryMember()
    {
        var concept = new Concept
        {
            Id = "ädä",
            Labels = ["person", "writer"],
            Content = "Wrote the first program.",
            MediaType = "text/plain",
            Attributes = new Dictionary<string, Value>
            {
                ["born"] = 1815,
                ["height"] = 1.6,
                ["fields"] = new Value[] { "mathematics", true, Value.Null },
                ["home"] = Value.Object(new Dictionary<string, Value> { ["city"] = "London" }),
            },
            Vector = [0.5f, -1],
            Strength = 0.5f,
            Confidence = 0.25f,
            ValidFrom = new(1),
            ValidTo = new(2),
            ExpiresAt = Timestamp.Max,
        };
        CommitOutcome outcome;
        await using (var memory = EmbeddedMemory.Open(_folder.Path, EmbeddedOptions.Default))
        {
            var space = await memory.OpenSpaceAsync("demo", Cancelled);
            outcome = await space.CommitAsync(space.NewCommit().Put(concept).Put(new() { Id = "raw", ContentBytes = [1, 2] }), Cancelled);
        }

        await using var again = EmbeddedMemory.Open(_folder.Path, EmbeddedOptions.Default);
        var view = (await again.OpenSpaceAsync("demo", Cancelled)).Read();
        var found = view.Find("ädä");

        Assert.NotNull(found);
        Assert.Equal(outcome.Position, found.Version);
        Assert.Equal(concept.Labels, found.Labels);
        Assert.Equal(concept.Vector, found.Vector);
        Assert.Equal((concept.Content, concept.MediaType), (found.Content, found.MediaType));
        Assert.Equal((concept.Strength, concept.Confidence), (found.Strength, found.Confidence));
        Assert.Equal((concept.ValidFrom, concept.ValidTo, concept.ExpiresAt), (found.ValidFrom, found.ValidTo, found.ExpiresAt));
        Assert.Equal((1815, 1.6), (found.Attributes["born"].AsInt64, found.Attributes["height"].AsFloat64));
        Assert.Equal("mathematics", found.Attributes["fields"].AsArray[0].AsString);
        Assert.Equal("London", found.Attributes["home"].AsObject["city"].AsString);
        Assert.Equal(4, found.Attributes.Count);
        Assert.Equal(1815, view.FindAttribute("ädä", "born")?.AsInt64);
        Assert.Null(view.FindAttribute("ädä", "died"));
        Assert.Equal([1, 2], view.Find("raw")?.ContentBytes);
        Assert.Null(view.Find("nobody"));
    }

    [Fact]
    public async Task CommitAsync_WhenOperationsOfEveryKind_DoesThemInOrder()
    {
        await using var memory = EmbeddedMemory.Open(_folder.Path, EmbeddedOptions.Default);
        var space = await memory.OpenSpaceAsync("demo", Cancelled);
        var knows = new AssociationKey("a", "knows", "b");

        await space.CommitAsync(
            space.NewCommit()
                .Put(new() { Id = "a", Strength = 0, Labels = ["x"], Content = "old", Attributes = new Dictionary<string, Value> { ["n"] = 1, ["m"] = 2 } })
                .Put(new() { Id = "b" })
                .Put(new() { Id = "gone" })
                .Associate(new Association { Key = knows, Strength = 0 })
                .Associate(new Association { Key = knows with { Type = "left" } })
                .Associate(new Association { Key = new("a", "mentions", "implied") }, missingEndpoints: MissingEndpoints.Imply)
                .Patch("a", new()
                {
                    AddLabels = ["y"],
                    RemoveLabels = ["x"],
                    Remove = Members.Content,
                    RemoveAttributes = ["m"],
                    AddItems = new Dictionary<string, Value[]> { ["observations"] = ["first", "second", "first"] },
                    Confidence = 0.5f,
                })
                .Patch("a", new() { RemoveItems = new Dictionary<string, Value[]> { ["observations"] = ["first"] } })
                .Reinforce("a", 0.5f)
                .Reinforce(knows, 0.25f)
                .Dissociate(knows with { Type = "left" })
                .Delete("gone"),
            Cancelled);

        var view = space.Read();
        var a = view.Find("a")!;
        Assert.Equal(["y"], a.Labels);
        Assert.Equal((null, 0.5f, 0.5f), (a.Content, a.Strength, a.Confidence));
        Assert.Equal(["n", "observations"], a.Attributes.Keys);
        Assert.Equal("second", Assert.Single(a.Attributes["observations"].AsArray).AsString);
        Assert.Equal(0.25f, view.Find(knows)?.Strength);
        Assert.Null(view.Find(knows with { Type = "left" }));
        Assert.Null(view.Find("gone"));
        Assert.Null(view.Find("implied"));
        Assert.Equal(["knows b", "mentions implied"], view.FindNeighbors("a").Select(next => $"{next.Association.Key.Type} {next.Id}"));
        Assert.Equal([false, true], view.FindNeighbors("a").Select(next => next.Concept is null));
        Assert.Equal("a", Assert.Single(view.FindNeighbors("b", Direction.In, ["knows"])).Id);
        Assert.Empty(view.FindNeighbors("b", Direction.Out));
        Assert.Equal(["a", "b"], view.ListConcepts().Select(concept => concept.Id));
        Assert.Equal(["b"], view.ListConcepts(after: "a").Select(concept => concept.Id));
        Assert.Equal(["a"], view.ListConcepts(label: "y").Select(concept => concept.Id));
        Assert.Equal((2, 2), (view.ConceptCount, view.AssociationCount));
    }

    [Fact]
    public async Task FindPaths_WhenThereAreTwo_PutsTheBestFirst()
    {
        await using var memory = EmbeddedMemory.Open(_folder.Path, EmbeddedOptions.Default);
        var space = await memory.OpenSpaceAsync("demo", Cancelled);
        await space.CommitAsync(
            space.NewCommit()
                .Put(new() { Id = "a" }).Put(new() { Id = "b" }).Put(new() { Id = "c" })
                .Associate(new Association { Key = new("a", "weak", "c"), Strength = 0.25f })
                .Associate("a", "next", "b").Associate("b", "next", "c"),
            Cancelled);
        var view = space.Read();

        Assert.Equal(["a", "c"], Assert.Single(view.FindPaths(new("a", "c"), Cancelled)).Concepts);
        var shortest = view.FindPaths(new("a", "c") { Limit = 2 }, Cancelled);
        Assert.Equal([0.25, 1], shortest.Select(path => path.Score));
        Assert.Equal([new("a", "next", "b"), new("b", "next", "c")], shortest[1].Associations);
        Assert.Equal(["a", "b", "c"], Assert.Single(view.FindPaths(new("a", "c") { Mode = PathMode.Strongest }, Cancelled)).Concepts);
        Assert.Empty(view.FindPaths(new("c", "a") { Direction = Direction.Out }, Cancelled));
        Assert.Empty(view.FindPaths(new("a", "nobody"), Cancelled));
        Assert.Single(view.FindPaths(new("c", "a") { Direction = Direction.In, Types = ["next"] }, Cancelled));
    }

    [Fact]
    public async Task CommitAsync_WhenAConditionDoesNotHold_AppliesNothing()
    {
        await using var memory = EmbeddedMemory.Open(_folder.Path, EmbeddedOptions.Default);
        var space = await memory.OpenSpaceAsync("demo", Cancelled);
        var first = await space.CommitAsync(space.NewCommit().RequireAbsent("a").Put(new() { Id = "a" }).Put(new() { Id = "b" }), Cancelled);

        var absent = await space.CommitAsync(space.NewCommit().RequireAbsent("a").Delete("b"), Cancelled);
        var missing = await space.CommitAsync(space.NewCommit().RequireExists("a").RequireExists(new AssociationKey("a", "t", "b")).Delete("b"), Cancelled);
        var failed = await space.CommitAsync(space.NewCommit().RequireVersion("a", first.Position).Delete("b").Put(new() { Id = "a" }, OnExists.Fail), Cancelled);

        Assert.Equal((RejectionReason.Exists, 0), (absent.Reason, absent.Precondition));
        Assert.Equal((RejectionReason.Missing, 1), (missing.Reason, missing.Precondition));
        Assert.Equal((RejectionReason.Exists, 1), (failed.Reason, failed.Operation));
        Assert.NotNull(space.Read().Find("b"));
    }

    [Fact]
    public async Task CommitAsync_WhenSentAgainUnderItsOwnId_IsAppliedOnce()
    {
        await using var memory = EmbeddedMemory.Open(_folder.Path, EmbeddedOptions.Default);
        var space = await memory.OpenSpaceAsync("demo", Cancelled);
        await space.CommitAsync(space.NewCommit().Put(new() { Id = "a", Strength = 0 }), Cancelled);
        var commit = space.NewCommit("k-1").Reinforce("a", 0.5f).Put(new() { Content = "its id is derived" });

        var first = await space.CommitAsync(commit, Cancelled);
        var again = await space.CommitAsync(commit, Cancelled);
        await space.WaitForAsync(await space.IngestAsync(commit, Cancelled), TimeSpan.FromSeconds(5), Cancelled);

        Assert.Equal((false, true), (first.IsDuplicate, again.IsDuplicate));
        Assert.Equal(0.5f, space.Read().Find("a")?.Strength);
        Assert.Equal(2, space.Read().ConceptCount);
        Assert.Equal(first.Position, space.FindCommit("k-1")?.Position);
        Assert.Null(space.FindCommit("k-2"));
    }

    [Fact]
    public async Task NewCommit_WhenAMemberIsBad_RefusesItAndKeepsTheRest()
    {
        await using var memory = EmbeddedMemory.Open(_folder.Path, EmbeddedOptions.Default);
        var (space, other) = (await memory.OpenSpaceAsync("demo", Cancelled), await memory.OpenSpaceAsync("other", Cancelled));
        var commit = space.NewCommit().Put(new() { Id = "a" });

        Assert.Equal("strength", Assert.Throws<CairnException>(() => commit.Put(new() { Id = "b", Strength = 2 })).Field);
        Assert.Equal("content", Assert.Throws<CairnException>(() => commit.Patch("b", new() { Content = "\ud800" })).Field);
        Assert.Equal("id", Assert.Throws<CairnException>(() => commit.Delete("")).Field);
        Assert.Throws<CairnException>(() => space.NewCommit("not visible"));
        Assert.Equal(ErrorKind.Invalid, (await Assert.ThrowsAsync<CairnException>(async () => await other.CommitAsync(commit, Cancelled))).Kind);
        Assert.Single((await space.CommitAsync(commit, Cancelled)).Results);
        Assert.Equal(ErrorKind.Invalid, Assert.Throws<CairnException>(() => commit.Delete("a")).Kind);
        Assert.Null(space.Read().Find("b\ud800"));
    }

    [Fact]
    public async Task Spaces_WhenSeveral_AreListedAndDeleted()
    {
        await using var memory = EmbeddedMemory.Open(_folder.Path, EmbeddedOptions.SmallMemory);
        await memory.OpenSpaceAsync("two", Cancelled);
        var one = await memory.OpenSpaceAsync("one", Cancelled);

        Assert.Equal(["one", "two"], await memory.ListSpacesAsync(Cancelled));
        Assert.True(await memory.DeleteSpaceAsync("one", Cancelled));
        Assert.False(await memory.DeleteSpaceAsync("one", Cancelled));
        Assert.Null(await memory.FindSpaceAsync("one", Cancelled));
        Assert.NotNull(await memory.FindSpaceAsync("two", Cancelled));
        Assert.Equal(ErrorKind.Unavailable, (await Assert.ThrowsAsync<CairnException>(async () => await one.CommitAsync(one.NewCommit(), Cancelled))).Kind);
        Assert.Equal(ErrorKind.Invalid, (await Assert.ThrowsAsync<CairnException>(async () => await memory.OpenSpaceAsync("A", Cancelled))).Kind);
    }

    [Fact]
    public async Task Put_WhenAVectorIsAllZeros_IsRefusedWhereCosineCompares()
    {
        await using var memory = EmbeddedMemory.Open(_folder.Path, EmbeddedOptions.Default);
        var space = await memory.OpenSpaceAsync("demo", Cancelled);
        var commit = space.NewCommit();

        Assert.Equal("vector", Assert.Throws<CairnException>(() => commit.Put(new() { Id = "a", Vector = [0, 0] })).Field);
        Assert.Equal("vector", Assert.Throws<CairnException>(() => commit.Patch("a", new() { Vector = [0, 0] })).Field);
        Assert.Equal(0, commit.OperationCount);
        await space.ConfigureAsync(settings => settings with { VectorMetric = VectorMetric.L2 }, Cancelled);
        Assert.Equal(1, space.NewCommit().Put(new() { Id = "a", Vector = [0, 0] }).OperationCount);
    }

    [Fact]
    public async Task ConfigureAsync_WhenStrengthHasAHalfLife_Decays()
    {
        var time = new SettableTime();
        await using var memory = EmbeddedMemory.Open(_folder.Path, EmbeddedOptions.Default with { Time = time });
        var space = await memory.OpenSpaceAsync("demo", Cancelled);
        await space.ConfigureAsync(settings => settings with { HalfLife = TimeSpan.FromDays(1) }, Cancelled);
        await space.CommitAsync(space.NewCommit().Put(new() { Id = "a" }).Put(new() { Id = "b", ExpiresAt = space.Read().Now.Plus(TimeSpan.FromHours(1)) }), Cancelled);
        var before = space.Read();

        time.Ahead = TimeSpan.FromDays(1);

        Assert.Equal(TimeSpan.FromDays(1), space.Settings.HalfLife);
        Assert.Equal(0.5f, space.Read().FindStrength("a")!.Value, 0.001f);
        Assert.Equal(1, before.FindStrength("a")!.Value, 0.001f);
        Assert.NotNull(before.Find("b"));
        Assert.Null(space.Read().Find("b"));
    }

    [Fact]
    public async Task ReadAsOfAsync_WhenReopened_ShowsWhatWasThen()
    {
        var time = new SettableTime();
        LogPosition then;
        DateTimeOffset at;
        await using (var memory = EmbeddedMemory.Open(_folder.Path, EmbeddedOptions.Default with { Time = time }))
        {
            var space = await memory.OpenSpaceAsync("demo", Cancelled);
            await space.CommitAsync(space.NewCommit().Put(new Concept { Id = "a", Content = "first", ExpiresAt = Timestamp.From(time.GetUtcNow().AddHours(1)) }), Cancelled);
            (then, at) = (space.Read().Position, time.GetUtcNow());
            time.Ahead = TimeSpan.FromHours(2);
            await space.CommitAsync(space.NewCommit().Put(new Concept { Id = "b" }), Cancelled);
        }

        await using var again = EmbeddedMemory.Open(_folder.Path, EmbeddedOptions.Default with { Time = time });
        var reopened = await again.OpenSpaceAsync("demo", Cancelled);

        foreach (var view in new[] { await reopened.ReadAsOfAsync(then, Cancelled), await reopened.ReadAsOfAsync(at, Cancelled) })
        {
            Assert.Equal((then, 1, "first"), (view.Position, view.ConceptCount, view.Find("a")?.Content));
            Assert.Equal(view.Snapshot.LogClock, view.Now);
            Assert.Null(view.Find("b"));
        }

        Assert.Null(reopened.Read().Find("a"));
        var ahead = await Assert.ThrowsAsync<CairnException>(() => reopened.ReadAsOfAsync(LogPosition.Max, Cancelled).AsTask());
        Assert.Equal(ErrorKind.Invalid, ahead.Kind);
    }

    private sealed class SettableTime : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;
    }

    [Fact]
    public async Task ChangesAsync_WhenReopened_GoesOnBehindThePosition()
    {
        var committed = new List<LogPosition>();
        LogPosition seen;
        await using (var memory = EmbeddedMemory.Open(_folder.Path, EmbeddedOptions.Default))
        {
            var space = await memory.OpenSpaceAsync("demo", Cancelled);
            await PutManyAsync(space, committed, 20);
            seen = (await ChangesAsync(space, LogPosition.Zero, 5))[^1].Position;
            Assert.Equal(committed[4], seen);
        }

        await using var again = EmbeddedMemory.Open(_folder.Path, EmbeddedOptions.Default);
        var reopened = await again.OpenSpaceAsync("demo", Cancelled);
        var following = ChangesAsync(reopened, seen, 25);
        await PutManyAsync(reopened, committed, 10);

        Assert.Equal(committed[5..], (await following).Select(change => change.Position));
        Assert.Equal("c7", IdOfFirst((await ChangesAsync(reopened, committed[6], 1))[0]));
    }

    private static async Task PutManyAsync(EmbeddedSpace space, List<LogPosition> committed, int count)
    {
        for (var i = 0; i < count; i++)
        {
            committed.Add((await space.CommitAsync(space.NewCommit().Put(new Concept { Id = $"c{committed.Count}" }), Cancelled)).Position);
        }
    }

    private static async Task<List<Change>> ChangesAsync(EmbeddedSpace space, LogPosition after, int count)
    {
        var changes = new List<Change>();
        await foreach (var change in space.ChangesAsync(after, Cancelled))
        {
            changes.Add(change);
            if (changes.Count == count)
            {
                break;
            }
        }

        return changes;
    }

    private static string IdOfFirst(Change change)
    {
        var reader = new CommitReader(change.Body);
        Assert.True(reader.TryReadOperation(out var operation));
        return System.Text.Encoding.UTF8.GetString(operation.Id);
    }
}

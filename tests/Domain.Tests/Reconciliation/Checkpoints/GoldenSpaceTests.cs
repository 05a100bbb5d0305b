using Cairn.Diagnostics;
using Cairn.Domain.Tests.Architecture;
using Cairn.Domain.Tests.Query.Search;
using Cairn.Domain.Tests.Reconciliation.Model;
using Cairn.Domain.Tests.Storage;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Reconciliation.Checkpoints;

/// <summary>A space that a version wrote, log and checkpoints, opens the same for ever. Its files are never regenerated. That of version 2 goes on from that of version 1, with a compacted checkpoint; that of version 3 from that, with derived indexes.</summary>
public sealed class GoldenSpaceTests
{
    private const string Root = "tests/Golden/space/v";
    private static readonly SpaceRecord Record = new(SpaceName.Parse("golden"), new(0xCA112), default);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, true)]
    [InlineData(1, false)]
    [InlineData(2, true)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    [InlineData(3, false)]
    public async Task Space_OfAVersion_OpensAsItWas(int version, bool fromCheckpoint)
    {
        await using var store = await LoadAsync(version, fromCheckpoint);
        await using var space = await OpenAsync(store);

        Assert.Equal(SourceTree.ReadText($"{Root}{version}/space.txt").TrimEnd('\n').Split('\n'), SnapshotText.Of(space.Current));
        Assert.Equal(fromCheckpoint, space.GetStatistics().CheckpointPosition > LogPosition.Zero);
        Assert.Equal(OutcomeKind.Committed, space.FindCommit("given-1"u8)?.Kind);
        Assert.Equal((OutcomeKind.Rejected, RejectionReason.Missing), (space.FindCommit("given-2"u8)?.Kind, space.FindCommit("given-2"u8)?.Reason));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Space_OfAVersion_TakesWritesAndCheckpoints(int version)
    {
        await using var store = await LoadAsync(version, withCheckpoints: true);
        await using (var space = await OpenAsync(store))
        {
            var writer = new CommitWriter(Record.Incarnation);
            writer.Begin("more"u8, givenByCaller: false, space.Now());
            writer.Delete("ada"u8, OnMissing.Fail);
            Assert.Equal(OutcomeKind.Committed, (await space.CommitAsync(writer.Finish(), Token)).Kind);
            await space.CheckpointAsync(Token);
        }

        await using var again = await OpenAsync(store);
        Assert.Equal(-1, again.Current.FindConcept("ada"u8) is var row and >= 0 && again.Current.Concept(row).Exists(again.Current.LogClock) ? row : -1);
    }

    /// <summary>By the indexes that are stored, and by those that are made anew of the log.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Space_OfVersion3_IsSearchedAsItWas(bool fromCheckpoint)
    {
        await using var store = await LoadAsync(3, fromCheckpoint);
        await using var space = await OpenAsync(store);

        Assert.Equal(fromCheckpoint ? 3 : 0, space.Current.Shared.AllDerived.Count(static index => index.IsWanted));
        Assert.Equal(SourceTree.ReadText($"{Root}3/searches.txt").TrimEnd('\n').Split('\n'), GoldenSearches.Of(space.Current));
        Assert.All(space.Current.Shared.AllDerived, static index => Assert.True(index.IsLoaded));
    }

    private static async Task<MemorySpaceStore> LoadAsync(int version, bool withCheckpoints)
    {
        var folder = $"{Root}{version}";
        var store = new MemorySpaceStore();
        await store.CreateAsync(Record, Token);
        await using var log = store.OpenLog(Record);
        var bytes = SourceTree.ReadBytes($"{folder}/log/0.log");
        await log.CreateFileAsync(0, bytes.AsMemory(0, 64), Token);
        await log.AppendAsync(0, bytes.AsMemory(64), Token);
        await using var blobs = store.OpenBlobs(Record);
        foreach (var file in withCheckpoints ? SourceTree.Files(folder, "*") : [])
        {
            var name = file[(folder.Length + 1)..];
            if (name.Contains('/', StringComparison.Ordinal) && !name.StartsWith("log/", StringComparison.Ordinal))
            {
                await blobs.ReplaceAsync(name, SourceTree.ReadBytes(file), Token);
            }
        }

        return store;
    }

    private static Task<Space> OpenAsync(MemorySpaceStore store)
    {
        var ids = (UInt128)1 << 101;
        return Space.OpenAsync(Record, store, EngineOptions.Default, new(TimeProvider.System, () => ++ids, SilentEngineObserver.Instance), Token);
    }
}

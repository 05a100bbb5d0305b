using System.Buffers;
using Cairn.Domain.Tests.Concurrency;
using Cairn.Domain.Tests.Storage;
using Cairn.Formats.Segments;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Query;
using Cairn.Query.Search;
using Cairn.Snapshots.Checkpoints;
using Cairn.Snapshots.Derived;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Query.Search;

/// <summary>What is damaged, or of a later version, costs the index at most.</summary>
public sealed partial class StoredIndexTests
{
    [Fact]
    public async Task Search_WhenAStoredIndexIsDamaged_FailsOnceAndThenMakesItAnew()
    {
        await StoreAsync(500);
        await DamageAsync(SectionKind.TextPostings);

        await using var live = await OpenAsync();
        var query = new SearchQuery { Now = default, Text = Integers.Utf8("apple river") };
        Assert.Equal(ErrorKind.Corrupt, Assert.Throws<CairnException>(() => Find(live.Space.Current, query)).Kind);
        var found = Find(live.Space.Current, query);

        Assert.Equal(SearchAnew(live.Space.Current), Search(live.Space.Current));
        Assert.NotEmpty(found);
        await live.Space.CheckpointAsync(Token);
    }

    [Fact]
    public async Task Open_WhenTheSmallPartsOfAnIndexAreDamaged_MakesItAnew()
    {
        await StoreAsync(500);
        await DamageAsync(SectionKind.IndexState);

        await using var live = await OpenAsync();
        Assert.Equal(SearchAnew(live.Space.Current), Search(live.Space.Current));
    }

    /// <summary>Nobody searches, so that nobody meets the damage before the segment is folded into the next.</summary>
    [Theory]
    [InlineData(SectionKind.TextPostings)]
    [InlineData(SectionKind.VectorSlots)]
    public async Task Checkpoint_WhenItWouldTakeOverADamagedChunkOfAnIndex_LeavesTheIndexOut(ushort kind)
    {
        await StoreAsync(500);
        await DamageAsync(kind);
        await using (var live = await OpenAsync())
        {
            await PutMoreThanIsPassedOnAsync(live);
            await live.Space.CheckpointAsync(Token);
        }

        Assert.InRange((await NewestAsync()).Derived.States.Count, 1, 2);
        await using var again = await OpenAsync();
        Assert.Equal(Search(again.Space.Current), SearchAnew(again.Space.Current));
    }

    /// <summary>Rows that are damaged cost the index that reads them; the checkpoint does not need them.</summary>
    [Fact]
    public async Task Checkpoint_WhenAnIndexMeetsDamagedRows_LeavesTheIndexOut()
    {
        await using (var live = await OpenAsync())
        {
            var random = new Random(1);
            await live.CommitAsync(commit => PutAll(commit, 0, 500, _ => [.. Enumerable.Range(0, 100).Select(_ => random.NextSingle())]), Token);
            Find(live.Space.Current, new() { Now = default, Text = Integers.Utf8("apple") });
            await live.Space.CheckpointAsync(Token);
        }

        await DamageAsync(SectionKind.ConceptArena);
        await using (var live = await OpenAsync())
        {
            await live.Space.ConfigureAsync(static settings => settings with { Language = TextLanguage.None }, Token);
            await live.Space.CheckpointAsync(Token);
        }

        Assert.Empty((await NewestAsync()).Derived.States);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Search_WhenAnIndexIsOfALaterVersion_IsAsIfItWereNotThere(bool searches)
    {
        await StoreAsync(500);
        await ReplaceBodiesAsync(static body => [0xFE, .. body[1..]]);
        await using (var live = await OpenAsync())
        {
            if (searches)
            {
                Assert.Equal(Search(live.Space.Current), SearchAnew(live.Space.Current));
            }

            await PutAsync(live, 500, 1);
            await live.Space.CheckpointAsync(Token);
        }

        Assert.Equal(searches ? 3 : 0, (await NewestAsync()).Derived.States.Count);
    }

    [Fact]
    public async Task Search_WhenTheFilesOfTheIndexesAreGone_MakesThemAnew()
    {
        await StoreAsync(500);
        await using var live = await OpenAsync();
        await DeleteIndexFilesAsync(live);

        await SearchQuery.PrepareAsync(live.Space.Current, Token);
        Assert.Equal(Search(live.Space.Current), SearchAnew(live.Space.Current));
    }

    /// <summary>Nobody searches, and what would have to be added to is gone.</summary>
    [Fact]
    public async Task Checkpoint_WhenTheFilesOfTheIndexesAreGone_IsWrittenWithoutThem()
    {
        await StoreAsync(500);
        await using (var live = await OpenAsync())
        {
            await DeleteIndexFilesAsync(live);
            await PutMoreThanIsPassedOnAsync(live);
            await live.Space.CheckpointAsync(Token);
        }

        Assert.Empty((await NewestAsync()).Derived.States);
        await using var again = await OpenAsync();
        Assert.NotEmpty(Search(again.Space.Current));
    }

    /// <summary>A file that cannot be reached now is no reason to read all texts.</summary>
    [Fact]
    public async Task Search_WhenTheFilesOfTheIndexesCannotBeReached_GoesOnWithThemLater()
    {
        await StoreAsync(500);
        await using var live = await OpenAsync();
        var (stored, snapshot) = (await NewestAsync(), live.Space.Current);
        var blobs = new UnreachableOnce(_store.OpenBlobs(live.Space.Record));
        var index = snapshot.Derived<TextIndexing>();
        var state = stored.Derived.States.Single(state => state.Number == index.Number) with { Stale = [3] };
        index.Restore(new(state, new(blobs, live.Space.Record.Incarnation, stored.Derived.Files.Names), snapshot));

        Assert.Equal(ErrorKind.Unavailable, Assert.Throws<CairnException>(() => index.Build(snapshot, Token)).Kind);
        index.Build(snapshot, Token);

        Assert.True(index.IsWanted && index.IsLoaded);
        Assert.InRange(blobs.Opened, 2, 2);
        Assert.Equal(SearchAnew(snapshot), Search(snapshot));
    }

    private sealed class UnreachableOnce(IBlobStore blobs) : PassingBlobStore(blobs)
    {
        public int Opened { get; private set; }

        public override ValueTask<IBlobReader?> OpenAsync(string name, CancellationToken cancellationToken) =>
            ++Opened == 1 ? throw new CairnException(ErrorKind.Unavailable, "not now") : base.OpenAsync(name, cancellationToken);
    }

    private static async Task PutMoreThanIsPassedOnAsync(LiveSpace live)
    {
        for (var from = 400; from < 400 + DerivedState.MaxStale + 1; from += 5_000)
        {
            await live.CommitAsync(commit => PutAll(commit, from, 5_000, static _ => null), Token);
        }
    }

    private async Task DeleteIndexFilesAsync(LiveSpace live)
    {
        await using var blobs = _store.OpenBlobs(live.Space.Record);
        await blobs.DeleteAsync((await NewestAsync()).Derived.Files.Names.Single().Name, Token);
    }

    private async Task DamageAsync(ushort kind)
    {
        var stored = await NewestAsync();
        var file = (kind is SectionKind.IndexState or <= SectionKind.ConceptZoneMaps ? stored.Segments : await stored.Derived.Files.OpenAsync(Token)).Segments[0].File;
        await using var live = await OpenAsync();
        await using var blobs = _store.OpenBlobs(live.Space.Record);
        var bytes = (await blobs.ReadAsync(file.Name, int.MaxValue, Token))!;
        foreach (var section in file.Sections.ToArray().Where(section => section.Id.Kind == kind))
        {
            bytes[file.Chunk(section, 0).Offset] ^= 0x55;
        }

        await blobs.ReplaceAsync(file.Name, bytes, Token);
    }

    // As if a later program had written the small parts of all indexes.
    private async Task ReplaceBodiesAsync(Func<byte[], byte[]> change)
    {
        var stored = await NewestAsync();
        var file = stored.Segments.Segments[0].File;
        await using var live = await OpenAsync();
        await using var blobs = _store.OpenBlobs(live.Space.Record);
        var bytes = new ArrayBufferWriter<byte>();
        ValueTask WriteAsync(ReadOnlyMemory<byte> some, CancellationToken cancellationToken)
        {
            bytes.Write(some.Span);
            return ValueTask.CompletedTask;
        }

        var writer = new SegmentWriter(file.Header, WriteAsync);
        foreach (var section in file.Sections.ToArray().OrderBy(static section => section.Id.Kind is SectionKind.State or SectionKind.IndexState))
        {
            for (var i = 0; i < section.ChunkCount; i++)
            {
                var chunk = file.Chunk(section, i);
                if (section.Id.Kind == SectionKind.IndexState)
                {
                    var index = DerivedStateCodec.Read(section.Id.Argument, file.Read(chunk), stored.Manifest.Position);
                    index = index with { Content = index.Content with { Body = change([.. index.Content.Body.Span]) } };
                    await writer.AddAsync(section.Id, false, chunk.Number, DerivedStateCodec.Write(index, stored.Manifest.Position), CompressionMethod.Stored, Token);
                }
                else
                {
                    await writer.AddAsync(section.Id, section.Id.Kind < SectionKind.ConceptZoneMaps, chunk.Number, file.ReadEncoded(chunk), Token);
                }
            }
        }

        await writer.FinishAsync(Token);
        await blobs.ReplaceAsync(file.Name, bytes.WrittenMemory, Token);
    }
}

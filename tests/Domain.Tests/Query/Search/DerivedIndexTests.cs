using System.Globalization;
using Cairn.Columns;
using Cairn.Diagnostics;
using Cairn.Domain.Tests.Concurrency;
using Cairn.Domain.Tests.Reconciliation;
using Cairn.Formats;
using Cairn.Formats.Segments;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Query;
using Cairn.Query.Search;
using Cairn.Snapshots;
using Cairn.Snapshots.Derived;
using Cairn.Storage;
using Cairn.Vectors;

namespace Cairn.Domain.Tests.Query.Search;

/// <summary>How long what is derived of a space lives, and what becomes of it when something goes wrong or takes long.</summary>
public sealed class DerivedIndexTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The log clock stands still where nobody writes, however long that lasts and however many read.</summary>
    [Fact]
    public void Follow_WhenItWasReadSinceTheLastWrite_KeepsWhatTheWriterDoesNotFollow()
    {
        var replay = new ReplayHarness();
        Put(replay, 0, 10);
        var index = Read<HashedIndexing, VectorView>(replay.Publish()).Snapshot.Derived<HashedIndexing>();

        replay.Now = replay.Now.Plus(2 * DerivedIndex<VectorView>.KeptFor);
        Put(replay, 10, 1);
        replay.Publish();
        Assert.NotEqual(0, index.Bytes);

        replay.Now = replay.Now.Plus(2 * DerivedIndex<VectorView>.KeptFor);
        Put(replay, 11, 1);
        replay.Publish();
        Assert.Equal(0, index.Bytes);
    }

    [Fact]
    public async Task CompactAsync_WhenTheBuiltInModelIsUsed_EmbedsTheNewRowsToo()
    {
        await using var live = await LiveSpace.OpenAsync(new MemorySpaceStore(), SilentEngineObserver.Instance, Token);
        await live.CommitAsync(static commit => Enumerable.Range(0, 400).ToList().ForEach(row => commit.Put(new Concept { Id = $"c{row}", Content = "apple" }, OnExists.Replace)), Token);
        Read<HashedIndexing, VectorView>(live.Space.Current);
        await live.CommitAsync(static commit => Enumerable.Range(0, 200).ToList().ForEach(row => commit.Delete(Integers.Utf8($"c{row}"), OnMissing.Fail)), Token);
        await live.Space.CompactAsync(Token);

        Assert.Equal(200, live.Space.Current.ConceptRows);
        Assert.NotEqual(0, live.Space.Current.Derived<HashedIndexing>().Bytes);
    }

    [Fact]
    public void Prepare_WhenASearchOfAnEarlierStateIsGivenUp_GoesOnWhereItWas()
    {
        var replay = new ReplayHarness();
        Put(replay, 0, 3000);
        var early = replay.Publish();
        Put(replay, 3000, 1);
        Read<TextIndexing, Cairn.Text.TextView>(replay.Publish());
        var (first, second) = (TextIndexes.Prepare(early, exact: true), TextIndexes.Prepare(early, exact: true));
        for (var i = 0; i < 3; i++)
        {
            Assert.True(first.Step());
        }

        second.Run(Token);

        Assert.Equal((early, 3000), (second.Result.Snapshot, second.Result.View.LiveCount));
        Assert.InRange(first.RowsVisited, 1, 2999);
        Assert.Equal(3000, first.RowsVisited + second.RowsVisited, tolerance: 128);
    }

    /// <summary>Where the settings leave the dimensions open, the first vector decides, as long as there is one like it.</summary>
    [Fact]
    public void Search_WhenAllVectorsHaveOtherDimensionsThanThoseBefore_FindsThem()
    {
        var replay = new ReplayHarness();
        replay.Commit(static writer => writer.Put(new Concept { Id = "a", Vector = [1, 0] }, OnExists.Replace));
        replay.Commit(static writer => writer.Put(new Concept { Id = "b", Vector = [1, 0, 0] }, OnExists.Replace));
        var query = new SearchQuery { Now = replay.Now, Vector = [1, 0, 0] };
        Assert.Throws<CairnException>(() => query.Start(replay.Publish()).Run(Token));

        replay.Commit(static writer => writer.Put(new Concept { Id = "a", Vector = [0, 1, 0] }, OnExists.Replace));
        var snapshot = replay.Publish();

        Assert.Equal(["b", "a"], query.Start(snapshot).Run(Token).Hits.Select(hit => System.Text.Encoding.UTF8.GetString(snapshot.Concept(hit.Row).Id)));
    }

    /// <summary>A mistake in what is derived is its readers' to see, once, and does not stop the writer.</summary>
    [Fact]
    public void Publish_WhenACompactionHasFailed_GoesOnAndOneReaderIsTold()
    {
        var replay = new ReplayHarness();
        Put(replay, 0, 1);
        var index = Read<Counting, string>(replay.Publish()).Snapshot.Derived<Counting>();
        SpinWait.SpinUntil(() => !index.IsCompacting);

        Put(replay, 1, 1);
        Assert.Null(replay.Publish().View(index));
        Put(replay, 2, 1);
        var snapshot = replay.Publish();

        Assert.Throws<InvalidOperationException>(() => Read<Counting, string>(snapshot));
        index.Fails = false;
        Assert.Equal("3", Read<Counting, string>(snapshot).View);
    }

    private static DerivedReading<TView> Read<TIndex, TView>(Snapshot snapshot)
        where TIndex : DerivedIndex<TView>, new()
        where TView : class => new DerivedIndexScan<TView>(snapshot.Derived<TIndex>(), snapshot, exact: true).Run(Token);

    private static void Put(ReplayHarness replay, int first, int count) => replay.Commit(writer =>
    {
        for (var row = first; row < first + count; row++)
        {
            writer.Put(new Concept { Id = $"c{row}", Content = "apple pear" }, OnExists.Replace);
        }
    });

    /// <summary>Counts rows, and cannot be compacted.</summary>
    private sealed class Counting : DerivedIndex<string>
    {
        public bool Fails { get; set; } = true;

        public override uint Number => uint.MaxValue;

        public override RowIndexer<string> NewIndexer(Snapshot snapshot) => new Indexer(this);

        protected override RowIndexer<string> Open(ReadOnlyMemory<byte> body, IChunkSections chunks, Snapshot snapshot, int rows) => throw NotStored();

        protected override ValueTask<StoredIndex> StoreAsync(string view, ReadOnlyMemory<byte>? before, IChunkOutput output, CancellationToken cancellationToken) => throw NotStored();

        protected override object LineageOf(string view) => this;

        protected override int SizeOf(string view) => 0;

        private static NotSupportedException NotStored() => new("this one is not stored");

        private sealed class Indexer(Counting index) : RowIndexer<string>
        {
            private readonly HashSet<int> _rows = [];

            public override long Bytes => _rows.Count;

            public override ReadOnlySpan<int> Columns => [];

            public override bool Fits(SpaceSettings settings) => true;

            public override bool ReadsAttributes(ValueKind kind) => false;

            public override int Update(in ConceptView concept) => _rows.Add(concept.Row) ? 1 : 0;

            public override void Remove(int row) => _rows.Remove(row);

            public override string Publish() => _rows.Count.ToString(CultureInfo.InvariantCulture);

            public override Func<RowIndexer<string>>? Compaction(string view) =>
                index.Fails ? static () => throw new InvalidOperationException("it cannot be compacted") : null;
        }
    }
}

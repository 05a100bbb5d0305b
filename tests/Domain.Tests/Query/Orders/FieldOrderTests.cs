using Cairn.Domain.Tests.Query.Expressions;
using Cairn.Domain.Tests.Reconciliation;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Query.Expressions;
using Cairn.Query.Orders;
using Cairn.Snapshots;

namespace Cairn.Domain.Tests.Query.Orders;

public sealed class FieldOrderTests
{
    private static readonly FieldReference Field = new(ConceptField.Attribute, "a"u8.ToArray(), []);

    /// <summary>Several runs are sorted and merged, with many equal values among them.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4_096)]
    [InlineData(13_000)]
    public void Build_WhenValuesAreOfAllTypes_PutsEveryRowInItsPlace(int concepts)
    {
        var (replay, random) = (new ReplayHarness(), new Random(concepts));
        var conditions = new RandomCondition(random);
        foreach (var ids in Enumerable.Range(0, concepts).Chunk(5_000))
        {
            replay.Commit(writer => Array.ForEach(ids, i => Put(writer, i, random.Next(3) > 0 ? random.Next(1_000) : conditions.Scalar())));
        }

        replay.Commit(writer => Put(writer, concepts, -1.5));
        var snapshot = replay.Publish();

        var order = Build(snapshot)!;

        Assert.Equal(Enumerable.Range(0, concepts + 1).Count(row => order.Image.Read(row).Kind != ValueKind.Null), order.Rows.Count);
        RequireSorted(order);
    }

    [Fact]
    public void Update_WhenRowsComeGoAndMove_IsWhatABuildGives()
    {
        var (replay, random) = (new ReplayHarness(), new Random(1));
        replay.Commit(writer => Enumerable.Range(0, 3_000).ToList().ForEach(i => Put(writer, i, random.Next(500))));
        var order = Build(replay.Publish())!;
        for (var round = 0; round < 40; round++)
        {
            replay.Commit(writer =>
            {
                for (var i = 0; i < 150; i++)
                {
                    // Early rounds empty chunks, later ones fill some past their size.
                    var number = random.Next(3_300);
                    if (round < 15 ? random.Next(10) > 0 : random.Next(4) == 0)
                    {
                        writer.Delete(Id(number), OnMissing.Skip);
                    }
                    else
                    {
                        Put(writer, number, round < 15 ? random.Next(500) : random.Next(20));
                    }
                }
            });
            var snapshot = replay.Publish();
            var after = order.Image.TryTakeOf(snapshot, Field)!;
            var update = new FieldOrderUpdate(order, after, order.Image.TryCompare(after, 1_000)!, snapshot.Ids);
            while (update.Step())
            {
            }

            order = update.Result!;
            var expected = Build(snapshot)!;
            Assert.Equal(Rows(expected), Rows(order));
        }
    }

    [Fact]
    public void Build_WhenAValueHasNoPlace_GivesNone()
    {
        foreach (var value in new Value[] { new Value[] { 1 }, Value.Object(new Dictionary<string, Value>()), new string('x', FieldOrder.MaxValueBytes + 1) })
        {
            var replay = new ReplayHarness();
            replay.Commit(writer => Put(writer, 1, 1));
            replay.Commit(writer => Put(writer, 2, value));

            Assert.Null(Build(replay.Publish()));
        }
    }

    [Fact]
    public void Image_WhenNothingOfTheFieldChanged_DiffersInNothing()
    {
        var replay = new ReplayHarness();
        replay.Commit(writer => Enumerable.Range(0, 300).ToList().ForEach(i => Put(writer, i, $"{new string('t', 80)}{i}")));
        var before = FieldImage.TryTake(replay.Publish(), Field)!;
        replay.Commit(writer => writer.Put(new Concept { Id = "c00007", Content = "new" }, OnExists.Merge));
        var same = before.TryTakeOf(replay.Publish(), Field)!;
        replay.Commit(writer => Put(writer, 9, "other"));
        var other = before.TryTakeOf(replay.Publish(), Field)!;

        Assert.Equal([], before.TryCompare(same, 0)!);
        Assert.Equal([9], before.TryCompare(other, 1)!);
        Assert.Equal([9], other.TryCompare(before, 1)!);
        Assert.Null(before.TryCompare(other, 0));
    }

    private static FieldOrder? Build(Snapshot snapshot)
    {
        var build = new FieldOrderBuild(FieldImage.TryTake(snapshot, Field)!, snapshot.Ids);
        while (build.Step())
        {
        }

        return build.Result;
    }

    private static void RequireSorted(FieldOrder order)
    {
        for (var position = 1; position < order.Rows.Count; position++)
        {
            Assert.True(order.Compare(order.Rows[position - 1], order.Rows[position]) < 0, $"{position}");
        }
    }

    private static IEnumerable<int> Rows(FieldOrder order) => Enumerable.Range(0, order.Rows.Count).Select(position => order.Rows[position]);

    private static byte[] Id(int number) => System.Text.Encoding.UTF8.GetBytes($"c{number:D5}");

    private static void Put(CommitWriter writer, int number, Value value) => writer.Put(
        new Concept { Id = $"c{number:D5}", Attributes = new Dictionary<string, Value> { ["a"] = value } }, OnExists.Replace);
}

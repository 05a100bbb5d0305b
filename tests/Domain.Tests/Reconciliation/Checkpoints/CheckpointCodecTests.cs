using System.Text;
using Cairn.Columns;
using Cairn.Domain.Tests.Reconciliation.Model;
using Cairn.Indexes;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots.Checkpoints;

namespace Cairn.Domain.Tests.Reconciliation.Checkpoints;

/// <summary>What a checkpoint has comes back as it was; other bytes are refused as Corrupt and nothing else.</summary>
public sealed class CheckpointCodecTests
{
    private const int Changes = 20_000;

    [Fact]
    public void RowGroup_WhenPagesAreRandom_ComesBack()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var group = RandomGroup(new(seed));
            var read = new RowGroup(RowGroupCodec.Read(RowGroupCodec.Write(group)));

            Assert.Equal(group.Pages.Length, read.Pages.Length);
            for (var column = 0; column < group.Pages.Length; column++)
            {
                for (var row = 0; row < Page.Rows; row++)
                {
                    Assert.Equal((group.TryGet(column, row, out var cell), cell), (read.TryGet(column, row, out var again), again));
                }
            }
        }
    }

    [Fact]
    public void RowGroup_WhenBytesAreChanged_IsReadOrCorrupt()
    {
        var (random, refused) = (new Random(3), 0);
        var golden = RowGroupCodec.Write(RandomGroup(new(1)));
        for (var i = 0; i < Changes; i++)
        {
            refused += IsRefused(() => RowGroupCodec.Read(Changed(golden, random))) ? 1 : 0;
        }

        Assert.InRange(refused, Changes / 10, Changes);
    }

    [Fact]
    public void State_WhenWritten_ComesBack()
    {
        var state = State();
        var read = CheckpointStateCodec.Read(CheckpointStateCodec.Write(state));

        Assert.Equal(CheckpointStateCodec.Write(state), CheckpointStateCodec.Write(read));
        Assert.Equal((state.Position, state.LogClock, state.HashKey, state.Operations, state.HoldsForgotten), (read.Position, read.LogClock, read.HashKey, read.Operations, read.HoldsForgotten));
        Assert.Equal(state.Settings, read.Settings);
        Assert.Equal(state.Keys, read.Keys);
        Assert.Equal(state.Writers, read.Writers);
        Assert.Equal(state.Origins, read.Origins);
        Assert.Equal(state.ImpliedDegrees, read.ImpliedDegrees);
        Assert.Equal(state.Concepts.Columns.Select(Text), read.Concepts.Columns.Select(Text));
        Assert.Equal(state.Concepts.Arenas[0].Uses, read.Concepts.Arenas[0].Uses);
    }

    [Fact]
    public void State_WhenBytesAreChanged_IsReadOrCorrupt()
    {
        var (random, golden) = (new Random(4), CheckpointStateCodec.Write(State()));
        for (var i = 0; i < Changes; i++)
        {
            IsRefused(() => CheckpointStateCodec.Read(Changed(golden, random)));
        }

        for (var length = 0; length < golden.Length; length++)
        {
            Assert.True(IsRefused(() => CheckpointStateCodec.Read(golden.AsSpan(0, length))), $"the first {length} bytes were taken");
        }
    }

    [Fact]
    public void State_WhenItIsOfALaterVersion_IsRefusedWithIt()
    {
        var bytes = CheckpointStateCodec.Write(State());
        bytes[0] = 4;
        Assert.Contains("later version", Assert.Throws<CairnException>(() => CheckpointStateCodec.Read(bytes)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Manifest_WhenWritten_ComesBack()
    {
        var manifest = Manifest();
        var read = ManifestCodec.Read(ManifestCodec.Write(manifest), manifest.Name);

        Assert.Equal(manifest.Segments, read.Segments);
        Assert.Equal(manifest.Outcomes, read.Outcomes);
        Assert.Equal(manifest.Kept, read.Kept);
        Assert.Equal(manifest with { Segments = [], Outcomes = [], Kept = [] }, read with { Segments = [], Outcomes = [], Kept = [] });
        Assert.True(Snapshots.Checkpoints.Manifest.TryParseName(manifest.Name, out var number));
        Assert.Equal(manifest.Number, number);
    }

    [Fact]
    public void Manifest_WhenAnyByteIsChanged_IsCorruptAndNamed()
    {
        var (random, golden) = (new Random(5), ManifestCodec.Write(Manifest()));
        for (var i = 0; i < Changes / 4; i++)
        {
            var changed = Changed(golden, random);
            if (!changed.AsSpan().SequenceEqual(golden))
            {
                var refusal = Assert.Throws<CairnException>(() => ManifestCodec.Read(changed, "manifests/7.json"));
                Assert.Equal(ErrorKind.Corrupt, refusal.Kind);
                Assert.StartsWith("manifests/7.json", refusal.Message, StringComparison.Ordinal);
            }
        }
    }

    // Under a checksum that holds: what a program with a bug could have written.
    [Theory]
    [InlineData("\"version\": 1", "\"version\": 2")]
    [InlineData("\"number\": 12", "\"number\": 0")]
    [InlineData("\"position\": 4096", "\"position\": -1")]
    [InlineData("\"position\": 4096", "\"position\": \"x\"")]
    [InlineData("segments/0000000003-a.seg", "../../etc/passwd")]
    [InlineData("\"number\": 11", "\"number\": 13")]
    [InlineData("\"segments\"", "\"segmente\"")]
    [InlineData("{", "")]
    public void Manifest_WhenItMakesNoSense_IsCorrupt(string find, string replace)
    {
        var text = Encoding.UTF8.GetString(ManifestCodec.Write(Manifest()).AsSpan()[..^9]);
        var at = text.IndexOf(find, StringComparison.Ordinal);
        var changed = Encoding.UTF8.GetBytes(string.Concat(text.AsSpan(0, at), replace, text.AsSpan(at + find.Length)));
        var bytes = Encoding.UTF8.GetBytes($"{Encoding.UTF8.GetString(changed)}{Crc32C.Compute(changed):x8}\n");

        Assert.True(IsRefused(() => ManifestCodec.Read(bytes, "m")));
    }

    [Fact]
    public void Indexes_WhenBytesAreRandom_AreReadOrCorrupt()
    {
        var random = new Random(6);
        for (var i = 0; i < Changes; i++)
        {
            var bytes = new byte[random.Next(80)];
            random.NextBytes(bytes);
            IsRefused(() => StoredHashIndex.Read(bytes));
            IsRefused(() => StoredWords.ReadUInt32(bytes));
            IsRefused(() => StoredWords.ReadUInt64(bytes));
        }
    }

    [Fact]
    public void Kept_WhenTimeGoesOn_AreAllOfAnHourThenHourlyThenDailyUntilTheRetentionEnds()
    {
        var (now, kept) = (Generate.Begin, new List<KeptCheckpoint>());
        for (var number = 1L; number <= 14 * 24 * 12; number++, now = now.Plus(TimeSpan.FromMinutes(5)))
        {
            kept = [.. RetentionRule.Thin([.. kept, new(number, new(number), now)], now, TimeSpan.FromDays(7))];
        }

        var ages = kept.Select(checkpoint => TimeSpan.FromMicroseconds(now.Microseconds - checkpoint.WrittenAt.Microseconds)).ToList();
        Assert.InRange(ages.Max(), TimeSpan.FromDays(7), TimeSpan.FromDays(8.1));
        Assert.InRange(ages.Count(age => age <= TimeSpan.FromHours(1)), 11, 13);
        Assert.InRange(ages.Count(age => age > TimeSpan.FromHours(1) && age <= TimeSpan.FromDays(1)), 22, 25);
        Assert.InRange(ages.Count(age => age > TimeSpan.FromDays(1)), 6, 8);
    }

    [Fact]
    public void Kept_WhenNoneWasWrittenForLong_HasOneFromBeforeTheRetention()
    {
        KeptCheckpoint At(long number, double days) => new(number, new(number), Generate.Begin.Plus(TimeSpan.FromDays(days)));

        var kept = RetentionRule.Thin([At(1, 0), At(2, 10), At(3, 60), At(4, 61)], Generate.Begin.Plus(TimeSpan.FromDays(62)), TimeSpan.FromDays(7));

        Assert.Equal([2L, 3, 4], kept.Select(checkpoint => checkpoint.Number));
    }

    [Fact]
    public void State_WhenItHasNoOrigins_IsOfTheVersionThatKnowsNone()
    {
        var bytes = CheckpointStateCodec.Write(State() with { Origins = [] });

        Assert.Equal((2, 3), (bytes[0], CheckpointStateCodec.Write(State())[0]));
        Assert.Empty(CheckpointStateCodec.Read(bytes).Origins);
    }

    private static CheckpointState State() => new()
    {
        Position = LogPosition.Of(2, 70_000),
        LogClock = Generate.Begin,
        Settings = SpaceSettings.Default with { HalfLife = TimeSpan.FromDays(30), VectorDimensions = 3 },
        HashKey = 0xFEED_BEEF_0123_4567,
        ConceptCount = 290,
        AssociationCount = 7,
        HasExpiry = true,
        HoldsForgotten = true,
        Operations = 1234,
        ForgottenBefore = Generate.Begin.Plus(-TimeSpan.FromHours(24)),
        AdjacencyRows = 300,
        Concepts = new(
            300,
            [new("born"u8.ToArray(), ValueKind.Int64, null), new("city"u8.ToArray(), ValueKind.String, new(17, 2, 99, 256, 240))],
            [new(13, 1, [new(800, 400), new(256, 0), new(0, 0)])]),
        Associations = new(9, [], [new(10, -1, [])]),
        Keys = [new(300, 3, 500, 512, 900), .. Enumerable.Range(0, 5).Select(number => new KeyTableExtent(number, 1, number * 7, 128, number * 7))],
        ImpliedDegrees = [new(3, 1), new(299, 12)],
        Writers = [new(new(99), 5, Generate.Begin), new(new(UInt128.MaxValue), ulong.MaxValue, Timestamp.Min)],
        Origins = [new(new(new(7), 3, 4711), Generate.Begin), new(new(new(UInt128.MaxValue), uint.MaxValue, long.MaxValue), Timestamp.Min)],
    };

    private static Manifest Manifest() => new()
    {
        Number = 12,
        Epoch = 3,
        Writer = new(77),
        Incarnation = new(0xCA112),
        Position = new(4096),
        LogAppends = 5,
        WrittenAt = Generate.Begin,
        Segments = [new("segments/0000000003-a.seg", 100), new("segments/0000000002-b.seg", 5_000_000_000)],
        Outcomes = [new("outcomes/0000000002-c.out", 77)],
        Kept = [new(9, new(0), Generate.Begin), new(11, new(4000), Generate.Begin)],
    };

    private static RowGroup RandomGroup(Random random)
    {
        var pages = new Page?[random.Next(1, 40)];
        for (var column = 0; column < pages.Length; column++)
        {
            var cells = new long[Page.Rows];
            var (spread, least) = (random.Next(64), random.NextInt64() >> random.Next(64));
            for (var row = 0; row < cells.Length; row++)
            {
                cells[row] = least + (random.NextInt64() >> spread);
            }

            var low = random.Next(3) == 0 ? ulong.MaxValue : (ulong)random.NextInt64() & (ulong)random.NextInt64();
            pages[column] = Page.Pack(cells, low, random.Next(2) == 0 ? 0 : (ulong)random.NextInt64());
        }

        return new(pages);
    }

    private static byte[] Changed(byte[] bytes, Random random)
    {
        var changed = random.Next(4) == 0 ? bytes[..random.Next(bytes.Length)] : (byte[])bytes.Clone();
        for (var i = random.Next(3); i >= 0 && changed.Length > 0; i--)
        {
            changed[random.Next(changed.Length)] = (byte)random.Next(256);
        }

        return changed;
    }

    private static bool IsRefused(Action read)
    {
        try
        {
            read();
            return false;
        }
        catch (CairnException refusal) when (refusal.Kind == ErrorKind.Corrupt)
        {
            return true;
        }
    }

    private static string Text(ColumnState column) => $"{Encoding.UTF8.GetString(column.Name)} {column.Kind} {column.Dictionary}";
}

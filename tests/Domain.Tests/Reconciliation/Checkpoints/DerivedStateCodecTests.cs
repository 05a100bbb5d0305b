using Cairn.Formats.Segments;
using Cairn.Primitives;
using Cairn.Snapshots.Checkpoints;
using Cairn.Snapshots.Derived;

namespace Cairn.Domain.Tests.Reconciliation.Checkpoints;

/// <summary>The small parts of a derived index come back as they were; other bytes are refused as Corrupt and nothing else.</summary>
public sealed class DerivedStateCodecTests
{
    private static readonly LogPosition Position = new(4_096);

    // Version 1, for ever.
    private const string Golden = "0100001000000000000002" + "0D00" + "8002" + "03" + "1100" + "00" + "01" + "03" + "01" + "07" + "AC02" + "010203";

    private static DerivedState State => new(
        0,
        new(new byte[] { 1, 2, 3 }, [(new(SectionKind.TextPostings, 256), 3), (new(SectionKind.TextDocuments), 1)]),
        [0, 7, 307]);

    [Fact]
    public void Write_WhenItIsRead_ComesBackAndHasTheBytesOfVersion1()
    {
        var bytes = DerivedStateCodec.Write(State, Position);
        var read = DerivedStateCodec.Read(0, bytes, Position);

        Assert.Equal(Golden, Convert.ToHexString(bytes));
        Assert.Equal((State.Number, 3), (read.Number, read.Stale.Count));
        Assert.Equal(State.Stale, read.Stale);
        Assert.Equal(State.Content.Sections, read.Content.Sections);
        Assert.Equal(State.Content.Body.ToArray(), read.Content.Body.ToArray());
    }

    [Fact]
    public void Read_WhenItIsOfAnotherPosition_IsCorrupt() =>
        Assert.Equal(ErrorKind.Corrupt, Assert.Throws<CairnException>(() => DerivedStateCodec.Read(0, DerivedStateCodec.Write(State, Position), new(4_097))).Kind);

    [Fact]
    public void Read_WhenItIsOfALaterVersion_SaysSo()
    {
        var bytes = DerivedStateCodec.Write(State, Position);
        bytes[0]++;
        Assert.Contains("later version", Assert.Throws<CairnException>(() => DerivedStateCodec.Read(0, bytes, Position)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_WhenBytesAreChangedOrCutOff_IsReadOrCorrupt()
    {
        var (random, golden) = (new Random(11), DerivedStateCodec.Write(State, Position));
        for (var i = 0; i < 20_000; i++)
        {
            var changed = golden[..random.Next(golden.Length + 1)];
            for (var change = random.Next(4); change > 0 && changed.Length > 0; change--)
            {
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
            }

            try
            {
                var read = DerivedStateCodec.Read(0, changed, Position);
                Assert.Equal(read.Stale.Order().Distinct(), read.Stale);
            }
            catch (CairnException refused)
            {
                Assert.Equal(ErrorKind.Corrupt, refused.Kind);
            }
        }
    }
}

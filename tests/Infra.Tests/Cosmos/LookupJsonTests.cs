using System.Text;
using System.Text.Json;
using Cairn.Infra.Cosmos;
using Cairn.Infra.Tests.Embedded;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Storage.Lookups;

namespace Cairn.Infra.Tests.Cosmos;

/// <summary>The bytes of the documents, as version 1 wrote them, and what is made of others.</summary>
public sealed class LookupJsonTests
{
    private static readonly Incarnation Life = new(1);
    private static readonly Timestamp Now = new(1_769_860_800_000_000);

    private static readonly LookupDocument Concept = new()
    {
        Id = Encoding.UTF8.GetBytes("ada/é\""),
        Position = LogPosition.Of(1, 13),
        State = LookupState.Stored,
        Labels = ["person", "a\"b"],
        Attributes = new Dictionary<string, Value>
        {
            ["born"] = 1815.0,
            ["score"] = 0.5,
            ["no"] = false,
            ["city"] = "Köln",
            ["at"] = new Timestamp(1_769_860_800_000_001),
            ["list"] = new Value[] { "x", 2.0, true, new Timestamp(-1) },
            ["raw"] = Value.Object(new Dictionary<string, Value>()),
        },
        ExpiresAt = Now.Plus(TimeSpan.FromDays(1)),
        Body = new byte[] { 0, 1, 2, 255 },
    };

    public static TheoryData<string> Files => ["concept", "large", "tombstone"];

    [Theory]
    [MemberData(nameof(Files))]
    public void Write_OfADocument_GivesTheBytesOfVersion1(string file)
    {
        var written = Encoding.UTF8.GetString(LookupJson.Write(Life, Of(file), Now));

        Assert.Equal(Golden(file), written);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Read_OfTheBytesOfVersion1_GivesTheDocument(string file)
    {
        using var json = JsonDocument.Parse(Golden(file));

        var (expected, read) = (Of(file), LookupJson.Read(json.RootElement));

        Assert.Equal(
            (Convert.ToHexString(expected.Id.Span), expected.Position, expected.State, Convert.ToHexString(expected.Body.Span)),
            (Convert.ToHexString(read.Id.Span), read.Position, read.State, Convert.ToHexString(read.Body.Span)));
    }

    [Fact]
    public void Read_OfTheWatermarkOfVersion1_GivesIt()
    {
        using var json = JsonDocument.Parse(Golden("watermark"));

        var mark = WatermarkJson.Read(json.RootElement, "\"1\"");

        Assert.Equal(Golden("watermark"), Encoding.UTF8.GetString(WatermarkJson.Write(Life, mark)));
        Assert.Equal((new LogPosition(9), new Timestamp(5), TimeSpan.FromDays(3), new WriterId(2)), (mark.Position, mark.LogClock, mark.Settings.HalfLife, mark.Writer));
        Assert.Equal((new LogPosition(7), "é", new Timestamp(4)), (mark.Rebuild!.Base, Encoding.UTF8.GetString(mark.Rebuild.After.Span), mark.Rebuild.BeganAt));
        Assert.Equal((new Timestamp(3), new Timestamp(6), false, "\"1\""), (mark.CurrentAt, mark.WrittenAt, mark.IsDropped, mark.Tag!.Value.Text));
    }

    [Theory]
    [InlineData("""{"v":2,"id":"YQ","position":1,"state":1}""")]
    [InlineData("""{"id":"YQ","position":1,"state":1}""")]
    [InlineData("""{"v":1,"id":"?","position":1,"state":1}""")]
    [InlineData("""{"v":1,"id":"YQ","position":"1","state":1}""")]
    [InlineData("""{"v":1,"id":"YQ","position":1.5,"state":1}""")]
    [InlineData("""{"v":1,"id":"YQ","position":1,"state":1,"body":"?"}""")]
    [InlineData("""{"v":1,"id":null,"position":1,"state":1}""")]
    [InlineData("""[]""")]
    public void Read_OfWhatIsNoDocument_IsCorrupt(string text)
    {
        using var json = JsonDocument.Parse(text);

        Assert.Equal(ErrorKind.Corrupt, Assert.Throws<CairnException>(() => LookupJson.Read(json.RootElement)).Kind);
        Assert.Equal(ErrorKind.Corrupt, Assert.Throws<CairnException>(() => WatermarkJson.Read(json.RootElement, "")).Kind);
    }

    /// <summary>Bytes that were changed anywhere give a document, or are Corrupt.</summary>
    [Fact]
    public void Read_OfDamagedBytes_NeverFailsOtherwise()
    {
        var random = new Random(4);
        foreach (var file in new[] { "concept", "watermark" })
        {
            for (var i = 0; i < 3000; i++)
            {
                var bytes = Encoding.UTF8.GetBytes(Golden(file));
                bytes[random.Next(bytes.Length)] = (byte)random.Next(32, 127);
                JsonDocument json;
                try
                {
                    json = JsonDocument.Parse(bytes);
                }
                catch (JsonException)
                {
                    continue;
                }

                using (json)
                {
                    try
                    {
                        _ = file == "concept" ? (object)LookupJson.Read(json.RootElement) : WatermarkJson.Read(json.RootElement, "");
                    }
                    catch (CairnException failure) when (failure.Kind == ErrorKind.Corrupt)
                    {
                    }
                }
            }
        }
    }

    private static LookupDocument Of(string file) => file switch
    {
        "concept" => Concept,
        "large" => new() { Id = Concept.Id, Position = new(7), State = LookupState.TooLarge },
        _ => new() { Id = Concept.Id, Position = new(8), State = LookupState.Deleted },
    };

    private static string Golden(string file) => File.ReadAllText(Path.Combine(ReadmeSampleTests.FindRoot(), "tests", "Golden", "lookups", "v1", $"{file}.json"));
}

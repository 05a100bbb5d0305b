using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Domain.Tests.Formats;

public sealed class CommitRoundTripTests
{
    private const string EverythingText = """
          require 'ada' Version 1:4096
          require 'ada' -knows-> 'babbage' Absent
          require 'new' Exists
          Put 'ada' Skip
            Labels 'person' 'mathematician'
            TextContent 'Wrote the first program — für Maschinen.'
            MediaType 'text/plain'
            Attributes null=null no=false born=-1815 zero=float:0 pi=float:3.141592653589793 name='Ada' when=2026-01-31T12:00:00Z raw=0x010203 tree={list:[1 [] {x:null}] x:''}
            Vector [0.5 -1 3.25]
            Strength 0.75
            Confidence 0.875
            ValidFrom 1815-12-10T00:00:00Z
            ValidTo none
            ExpiresAt 2027-01-01T00:00:00.000001Z
            CreatedAt 2026-01-01T00:00:00Z
            UpdatedAt 2026-01-02T00:00:00Z
            ReinforcedAt 2026-01-03T00:00:00Z
          Put 'ae889a96-7ce5-89aa-ab08-2a8d20251137' derived Fail
            BytesContent 0001feff
          Patch 'ada' Skip
            RemoveMembers Content, ValidFrom
            RemoveAttributes 'died' 'left'
            AddLabels 'x'
            RemoveLabels 'y'
            AddItems observations=['worked with Babbage']
            RemoveItems observations=['idle']
          Patch 'babbage' Create
            NoContent
            Vector []
            MediaType ''
            ExpiresAt none
          Delete 'old' Skip
          Reinforce 'ada' Fail by 0.25
          Associate 'ada' -worked_with-> 'babbage' key 'k2' Merge/Imply
            Attributes since=1833
            Strength 0.5
          Dissociate 'ada' -knows-> 'nobody' Skip
          ReinforceAssociation 'ada' -worked_with-> 'babbage' key 'k2' Fail by 1

        """;

    [Fact]
    public void Body_WhenEverythingWasWritten_ReadsBackTheSame() =>
        Assert.Equal(EverythingText.ReplaceLineEndings("\n"), Disassembly.OfBody(Commits.Everything().Body));

    [Fact]
    public void Frame_WhenStamped_CarriesEnvelope()
    {
        var commit = Commits.Everything();
        var bytes = new byte[commit.LengthBytes + 10];
        commit.Stamp(new(7), 42, Commits.Noon.Plus(TimeSpan.FromSeconds(1)), bytes);

        var frame = FrameView.Parse(bytes);

        Assert.Equal(FrameKind.Commit, frame.Kind);
        Assert.Equal(new WriterId(7), frame.Writer);
        Assert.Equal(42ul, frame.Sequence);
        Assert.Equal("2026-01-31T12:00:01Z", frame.Time.ToString());
        Assert.Equal(Commits.Noon, frame.FirstSent);
        Assert.Equal("everything-1"u8, frame.CommitId);
        Assert.True(frame.IdGivenByCaller);
        Assert.Equal(new Origin(Commits.Incarnation, 3, 4711), frame.Origin);
        Assert.Equal(new CommitMeta("agent-7", "from the stand-up ☕"), frame.ReadMeta());
        Assert.Equal("00-trace-01"u8, frame.Trace);
        Assert.Equal(commit.Body, frame.Body);
        Assert.Equal(commit.LengthBytes, frame.LengthBytes);
        Assert.Equal(commit.CommitId, frame.CommitId);
    }

    [Fact]
    public void Frame_WhenEnvelopeIsBare_HasNoOptionalParts()
    {
        var writer = Commits.Begin("made-by-the-service", given: false);
        var commit = writer.Finish();
        var bytes = new byte[commit.LengthBytes];
        commit.Stamp(default, 1, default, bytes);

        var frame = FrameView.Parse(bytes);

        Assert.False(frame.IdGivenByCaller);
        Assert.False(commit.IdGivenByCaller);
        Assert.False(frame.HasOrigin);
        Assert.Null(frame.ReadMeta());
        Assert.True(frame.Trace.IsEmpty);
        Assert.Equal(0, new CommitReader(frame.Body).OperationCount);
    }

    [Fact]
    public void Writer_WhenReused_LeavesNothingOfTheCommitBefore()
    {
        var writer = Commits.Begin();
        Commits.PutAda(writer, "one"u8);
        writer.RequireConcept("one"u8, Condition.Absent);
        var first = writer.Finish();
        writer.Begin("c1"u8, true, Commits.Noon);
        Commits.PutAda(writer, "one"u8);
        writer.RequireConcept("one"u8, Condition.Absent);
        var second = writer.Finish();

        Assert.Equal(first.Frame.Span, second.Frame.Span);
    }

    [Fact]
    public void AbandonOperation_WhenMidway_KeepsCompleteOperations()
    {
        var expected = Commits.Ada();
        var writer = Commits.Begin();
        Commits.PutAda(writer, "ada"u8);
        writer.BeginPut("half"u8, OnExists.Replace);
        writer.BeginAttributes();
        writer.Attribute("a"u8);
        writer.BeginArray();
        writer.AbandonOperation();

        Assert.Equal(1, writer.OperationCount);
        Assert.Equal(expected.Body, writer.Finish().Body);
    }

    [Fact]
    public void DerivedId_WhenCommitIsRepeated_IsTheSameAndDiffersByIndex()
    {
        static string[] Ids()
        {
            var writer = Commits.Begin("c9");
            for (var i = 0; i < 2; i++)
            {
                writer.BeginPut(default, OnExists.Replace);
                writer.EndOperation();
            }

            return [.. Disassembly.OfBody(writer.Finish().Body).Split('\n').Where(line => line.Contains("derived", StringComparison.Ordinal))];
        }

        var ids = Ids();

        Assert.Equal(ids, Ids());
        Assert.NotEqual(ids[0], ids[1]);
    }

    [Fact]
    public void Put_WhenWrittenFromAConcept_IsTheSameAsByHand()
    {
        var writer = Commits.Begin();
        writer.Put(
            new Concept
            {
                Id = "ada",
                Labels = ["person"],
                Attributes = new Dictionary<string, Value>
                {
                    ["born"] = 1815,
                    ["name"] = "Ada Lovelace",
                    ["score"] = 0.75,
                    ["active"] = true,
                },
            },
            OnExists.Replace);

        Assert.Equal(Commits.Ada().Frame.Span, writer.Finish().Frame.Span);
    }

    [Fact]
    public void ToValue_WhenNested_CopiesAll()
    {
        var writer = Commits.Begin();
        var tree = Value.Object(new Dictionary<string, Value>
        {
            ["list"] = new Value[] { 1, 2.5, "x", Value.Null, new byte[] { 9 }, Commits.Noon, false },
        });
        writer.Put(new Concept { Id = "a", Attributes = new Dictionary<string, Value> { ["tree"] = tree } }, OnExists.Replace);
        var reader = new CommitReader(writer.Finish().Body);
        reader.TryReadOperation(out var operation);
        new FieldReader(operation.Fields).TryRead(out _, out var payload);
        new AttributeReader(payload).TryRead(out _, out var value);

        var list = value.ToValue().AsObject["list"].AsArray;

        Assert.Equal(7, list.Length);
        Assert.Equal(1, list[0].AsInt64);
        Assert.Equal(2.5, list[1].AsFloat64);
        Assert.Equal("x", list[2].AsString);
        Assert.Equal(ValueKind.Null, list[3].Kind);
        Assert.Equal([9], list[4].AsBytes);
        Assert.Equal(Commits.Noon, list[5].AsDateTime);
        Assert.False(list[6].AsBool);
    }

    [Fact]
    public void Associate_WhenWrittenFromAnAssociation_KeepsItsMembers()
    {
        var writer = Commits.Begin();
        writer.Associate(
            new Association { Key = new("a", "t", "b", "k"), Strength = 0.5f, Confidence = 0.25f, ValidFrom = Commits.Noon, ValidTo = Commits.Noon },
            OnExists.Skip,
            MissingEndpoints.Fail);

        Assert.Equal(
            """
              Associate 'a' -t-> 'b' key 'k' Skip/Fail
                Strength 0.5
                Confidence 0.25
                ValidFrom 2026-01-31T12:00:00Z
                ValidTo 2026-01-31T12:00:00Z

            """.ReplaceLineEndings("\n"),
            Disassembly.OfBody(writer.Finish().Body));
    }

    [Fact]
    public void Return_WhenCalledTwice_IsAnInternalError()
    {
        var commit = Commits.Ada();
        commit.Return();

        Assert.Equal(ErrorKind.Internal, Assert.Throws<CairnException>(commit.Return).Kind);
        Assert.Throws<CairnException>(() => commit.Frame);
    }

    [Fact]
    public void Write_WhenWarm_AllocatesOnlyTheEncodedCommit()
    {
        var writer = new CommitWriter(Commits.Incarnation);

        Assert.InRange(AllocatedBytes.Least(() => WriteAndRead(writer)), 0, 48);
    }

    private static void WriteAndRead(CommitWriter writer)
    {
        writer.Begin("c1"u8, true, Commits.Noon);
        Commits.PutAda(writer, "ada"u8);
        var commit = writer.Finish();
        var reader = new CommitReader(commit.Body);
        while (reader.TryReadOperation(out var operation))
        {
            var fields = new FieldReader(operation.Fields);
            while (fields.TryRead(out var tag, out var payload))
            {
                if (tag == FieldTag.Attributes)
                {
                    var attributes = new AttributeReader(payload);
                    while (attributes.TryRead(out _, out _))
                    {
                    }
                }
            }
        }

        commit.Return();
    }
}

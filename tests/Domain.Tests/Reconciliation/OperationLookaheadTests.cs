using System.Buffers.Binary;
using System.Text;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;

namespace Cairn.Domain.Tests.Reconciliation;

/// <summary>What many operations of one commit do does not depend on their names being looked up together.</summary>
public sealed class OperationLookaheadTests
{
    // Fewer operations than are worth a lookahead.
    private const int WithoutLookahead = 3;
    private const int Many = 3 * OperationLookahead.Operations;
    private static readonly string[] Types = ["knows", "is"];

    [Fact]
    public void Commit_WhenOfManyOperations_DoesWhatSmallCommitsDo() => Properties.CheckRandom(400, random =>
    {
        var (together, apart) = (new ReplayHarness(), new ReplayHarness());
        for (var commit = 0; commit < 4; commit++)
        {
            var operations = Enumerable.Range(0, random.Next(1, Many)).Select(_ => Any(random, together.Now)).ToArray();
            if (random.Next(3) == 0)
            {
                var refused = together.Commit(writer => Write(writer, [.. operations, writer => writer.Delete("nobody"u8, OnMissing.Fail)]));
                Assert.Equal((RejectionReason.Missing, operations.Length), (refused.Reason, refused.Operation));
            }

            var effects = together.Commit(writer => Write(writer, operations)).Results.Select(result => result.Effect);
            var expected = operations.Chunk(WithoutLookahead)
                .SelectMany(some => apart.Commit(writer => Write(writer, some)).Results).Select(result => result.Effect);

            Assert.Equal(expected, effects);
            Assert.Equal(Describe(apart), Describe(together));
            together.Now = apart.Now = together.Now.Plus(TimeSpan.FromMinutes(1));
        }
    });

    [Fact]
    public void Commit_WhenANewNameComesTwice_FindsItTheSecondTime()
    {
        var replay = new ReplayHarness();

        var outcome = replay.Commit(writer => Write(writer,
            [Put("a"), Put("a"), Put("b"), Associate("a", "knows", "b"), Associate("a", "knows", "b"), Delete("b"), Put("b"), Associate("a", "knows", "b")]));

        Assert.Equal(
            [Effect.Created, Effect.Updated, Effect.Created, Effect.Created, Effect.Updated, Effect.Deleted, Effect.Created, Effect.Created],
            outcome.Results.Select(result => result.Effect));
        Assert.Equal(["a", "a knows b", "b"], Describe(replay));
    }

    [Fact]
    public void Apply_WhenTheBodyIsMutatedUnderGoodChecksums_ThrowsOnlyCorrupt() => Properties.CheckRandom(3000, random =>
    {
        var source = new ReplayHarness();
        source.Commit(writer => Write(writer, [.. Enumerable.Range(0, 20).Select(_ => Any(random, source.Now))]));
        var frame = source.Frames[0];
        var bodyAt = FrameFormat.HeaderBytes + BinaryPrimitives.ReadUInt16LittleEndian(frame.AsSpan(FrameFormat.EnvelopeLengthAt));
        for (var changes = random.Next(1, 4); changes > 0; changes--)
        {
            frame[random.Next(bodyAt, frame.Length)] = new byte[] { 0, 1, 0x7F, 0x80, 0xFF, (byte)random.Next() }[random.Next(6)];
        }

        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(FrameFormat.BodyChecksumAt), Crc32C.Compute(frame.AsSpan(bodyAt)));
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(FrameFormat.HeaderChecksumAt), FrameFormat.HeaderChecksum(frame));
        try
        {
            new ReplayHarness().Apply(frame);
        }
        catch (CairnException failure)
        {
            Assert.Equal(ErrorKind.Corrupt, failure.Kind);
        }
    });

    private static void Write(CommitWriter writer, Action<CommitWriter>[] operations)
    {
        foreach (var operation in operations)
        {
            operation(writer);
        }
    }

    // One that is never refused, on few names, so that most come again.
    private static Action<CommitWriter> Any(Random random, Timestamp now)
    {
        var (source, target, type) = ($"c{random.Next(8)}", $"c{random.Next(8)}", Types[random.Next(2)]);
        var life = random.Next(6) == 0 ? TimeSpan.FromMinutes(random.Next(3)) : TimeSpan.FromDays(1);
        return random.Next(10) switch
        {
            0 or 1 => Put(source, now.Plus(life)),
            2 => Patch(source),
            3 or 4 => Delete(source),
            5 => writer => writer.Reinforce(Id(source), 0.5f, OnMissing.Skip),
            6 => writer => writer.Dissociate(new(Id(source), Id(type), Id(target), default), OnMissing.Skip),
            7 => writer => writer.ReinforceAssociation(new(Id(source), Id(type), Id(target), default), 0.5f, OnMissing.Skip),
            _ => Associate(source, type, target),
        };
    }

    private static Action<CommitWriter> Put(string id, Timestamp? expiresAt = null) =>
        writer => writer.Put(new Concept { Id = id, ExpiresAt = expiresAt }, OnExists.Replace);

    private static Action<CommitWriter> Patch(string id) => writer =>
    {
        writer.BeginPatch(Id(id), OnMissing.Create);
        writer.Content("patched"u8);
        writer.EndOperation();
    };

    private static Action<CommitWriter> Delete(string id) => writer => writer.Delete(Id(id), OnMissing.Skip);

    private static Action<CommitWriter> Associate(string source, string type, string target) => writer =>
        writer.Associate(new Association { Key = new(source, type, target) }, OnExists.Replace, MissingEndpoints.Imply);

    private static byte[] Id(string text) => Encoding.UTF8.GetBytes(text);

    private static string[] Describe(ReplayHarness replay)
    {
        var snapshot = replay.Publish();
        string Name(int row) => Encoding.UTF8.GetString(snapshot.Ids[row]);
        var concepts = Enumerable.Range(0, snapshot.ConceptRows).Select(snapshot.Concept).Where(concept => concept.Exists(replay.Now) || concept.IsImplied)
            .Select(concept => $"{Name(concept.Row)}{(concept.IsImplied ? " implied" : "")}{(concept.ContentLength > 0 ? " patched" : "")}");
        var associations = Enumerable.Range(0, snapshot.AssociationRows).Select(snapshot.Association).Where(association => association.IsAlive)
            .Select(association => $"{Name(association.Source)} {Encoding.UTF8.GetString(association.TypeName)} {Name(association.Target)}");
        return [.. concepts.Concat(associations).Order(StringComparer.Ordinal)];
    }
}

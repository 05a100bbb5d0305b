using System.Globalization;
using System.Text;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Simulation.Workload;

/// <summary>Makes commits at random over few concepts, so that they meet, with conditions over what a snapshot shows.</summary>
internal sealed class CommitGenerator(Random random)
{
    private const int Concepts = 12;

    /// <summary>A commit under an id.</summary>
    /// <param name="life">The life of the space.</param>
    /// <param name="snapshot">What the client knows.</param>
    /// <param name="id">The commit's id.</param>
    /// <param name="givenByCaller">Whether the client chose it.</param>
    /// <param name="now">When it is first sent, by the clock of the process that serves the client; things expire some time after it.</param>
    public EncodedCommit Next(Incarnation life, Snapshot snapshot, string id, bool givenByCaller, Timestamp now)
    {
        var writer = new CommitWriter(life);
        writer.Begin(Encoding.ASCII.GetBytes(id), givenByCaller, now);
        if (random.Next(5) == 0)
        {
            Require(writer, snapshot);
        }

        for (var count = random.Next(1, 5); count > 0; count--)
        {
            Operation(writer, now);
        }

        return writer.Finish();
    }

    private void Require(CommitWriter writer, Snapshot snapshot)
    {
        var id = ConceptId();
        var row = snapshot.FindConcept(id);
        if (row >= 0 && snapshot.Concept(row).Version.Value > 0 && random.Next(4) > 0)
        {
            writer.RequireConcept(id, Condition.Version, snapshot.Concept(row).Version);
        }
        else
        {
            writer.RequireConcept(id, random.Next(2) == 0 ? Condition.Absent : Condition.Exists);
        }
    }

    private void Operation(CommitWriter writer, Timestamp now)
    {
        switch (random.Next(12))
        {
            case < 4:
                writer.BeginPut(random.Next(12) == 0 ? [] : ConceptId(), Pick(OnExists.Replace, OnExists.Merge, OnExists.Merge, OnExists.Skip));
                Fields(writer, now);
                break;
            case < 6:
                writer.BeginPatch(ConceptId(), Pick(OnMissing.Create, OnMissing.Skip, OnMissing.Skip, OnMissing.Fail));
                Fields(writer, now);
                break;
            case 6:
                writer.Delete(ConceptId(), Pick(OnMissing.Skip, OnMissing.Skip, OnMissing.Fail));
                break;
            case 7:
                writer.Reinforce(ConceptId(), random.Next(1, 10) / 10f, OnMissing.Skip);
                break;
            case < 10:
                writer.BeginAssociate(Name(), Pick(OnExists.Replace, OnExists.Merge), Pick(MissingEndpoints.Imply, MissingEndpoints.Imply, MissingEndpoints.Fail));
                Attributes(writer);
                writer.EndOperation();
                break;
            case 10:
                writer.Dissociate(Name(), OnMissing.Skip);
                break;
            default:
                writer.ReinforceAssociation(Name(), random.Next(1, 10) / 10f, OnMissing.Skip);
                break;
        }
    }

    private void Fields(CommitWriter writer, Timestamp now)
    {
        if (random.Next(3) == 0)
        {
            writer.BeginLabels();
            writer.Label(Utf8("label", 4));
            writer.EndLabels();
        }

        if (random.Next(3) == 0)
        {
            writer.Content(Encoding.ASCII.GetBytes(new string((char)('a' + random.Next(26)), random.Next(0, 900))));
        }

        Attributes(writer);
        if (random.Next(4) == 0)
        {
            writer.ExpiresAt(now.Plus(TimeSpan.FromSeconds(random.Next(-10, 240))));
        }

        writer.EndOperation();
    }

    private void Attributes(CommitWriter writer)
    {
        if (random.Next(2) == 0)
        {
            return;
        }

        writer.BeginAttributes();
        writer.Attribute(Utf8("n", 3));
        if (random.Next(2) == 0)
        {
            writer.Int64(random.Next(100));
        }
        else
        {
            writer.String(Utf8("value", 50));
        }

        writer.EndAttributes();
    }

    private AssociationName Name() => new(ConceptId(), Utf8("type", 2), ConceptId(), random.Next(5) == 0 ? "key"u8 : default);

    private byte[] ConceptId() => Utf8("c", Concepts);

    private T Pick<T>(params ReadOnlySpan<T> choices) => choices[random.Next(choices.Length)];

    private byte[] Utf8(string stem, int below) => Encoding.ASCII.GetBytes(stem + random.Next(below).ToString(CultureInfo.InvariantCulture));
}

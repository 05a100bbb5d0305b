using System.Collections.Immutable;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots;
using FsCheck;
using FsCheck.Fluent;

namespace Cairn.Domain.Tests.Reconciliation.Model;

/// <summary>Random fields: a few random members of all that an operation may give.</summary>
internal static class GenerateFields
{
    private static readonly Gen<string> Label = Gen.Choose(0, 19).Select(number => "l" + number);

    private static readonly Gen<ImmutableList<string>> Labels = Generate.Several(Label, (1, 0), (4, 1), (3, 2), (2, 4), (1, 12));

    private static readonly Gen<Content> Contents = Gen.Frequency(
        (8, Gen.Elements(
            new Content(ContentKind.Text, ""), new(ContentKind.Text, "x"), new(ContentKind.Text, "été"), new(ContentKind.Bytes, ""), new(ContentKind.Bytes, "x"))),
        (2, Gen.Constant(ConceptRecord.NoContent)),
        (1, from length in Gen.Elements(127, 128, 20_000, 81_916, 81_917, 200_000)
            from letter in Gen.Elements('p', 'q')
            select new Content(ContentKind.Text, new(letter, length))));

    private static readonly Gen<string> Name = Gen.Frequency(
        (12, Gen.Elements("a", "b", "c", "observations")), (1, Gen.Elements("é", "attributes", new string('n', Limits.NameBytes))));

    private static readonly Gen<string> NameOfItems = Gen.Frequency((2, Gen.Constant("observations")), (1, Name));

    private static readonly Gen<ImmutableList<NamedValue>> Attributes = Gen.Frequency(
        (8, from value in GenerateValues.FewItems select ImmutableList.Create(new NamedValue("observations", value))),
        (20, from names in Generate.Several(Name, (1, 0), (4, 1), (4, 2), (2, 4))
             from values in GenerateValues.Value.ListOf(names.Count)
             select Named(names, values)),
        (1, from prefix in Gen.Elements("m", "n")
            from value in GenerateValues.Short
            select Enumerable.Range(0, 150).Select(number => new NamedValue(prefix + number, value)).ToImmutableList()));

    private static readonly Gen<ImmutableList<NamedValue>> Items =
        from names in Generate.Several(NameOfItems, (6, 1), (2, 2), (1, 0))
        from values in GenerateValues.Items.ListOf(names.Count)
        select Named(names, values);

    private static readonly Gen<ImmutableList<string>> RemovedNames = Generate.Several(Name, (4, 1), (2, 3));

    private static readonly Gen<Timestamp> Time = Gen.Frequency(
        (8, Gen.Elements(-86400, -1, 1, 30, 600, 3600, 18_000, 86_400, 259_200).Select(seconds => Generate.Begin.Plus(TimeSpan.FromSeconds(seconds)))),
        (1, Gen.Elements(Timestamp.Min, Timestamp.Max, default)));

    private static readonly Gen<Instant> Instants = Gen.Frequency((4, Time.Select(time => new Instant(time))), (1, Gen.Constant(new Instant(null))));

    private static readonly Gen<Instant> Expiries = Gen.Frequency(
        (2, Instants),
        (2, Gen.Choose(1, 20).Select(seconds => new Instant(Generate.Begin.Plus(TimeSpan.FromSeconds(seconds))))),
        (4, Gen.Elements(1, 2, 3, 5, 8, 13).Select(days => new Instant(Generate.Begin.Plus(TimeSpan.FromDays(days))))));

    private static readonly Gen<float> Share = Gen.Elements(0f, 0.25f, 0.3f, 1f);

    private static readonly Gen<ImmutableList<float>> Vector = Gen.Elements<ImmutableList<float>>([], [1], [1, 2], [1, 2], [0.5f, -0f, 1e-40f], [1, 2, 3]);

    private static readonly Gen<Members> RemovedMembers =
        from few in Gen.Choose(0, 9).Select(bit => (Members)(1 << bit)).ListOf(2)
        select few[0] | few[1];

    private static readonly (int, Gen<Func<Fields, Fields>>)[] OfRecord =
    [
        (6, Set(Attributes, (fields, value) => fields with { Attributes = value })),
        (2, Set(Share, (fields, value) => fields with { Strength = value })),
        (2, Set(Share, (fields, value) => fields with { Confidence = value })),
        (1, Set(Instants, (fields, value) => fields with { ValidFrom = value })),
        (1, Set(Instants, (fields, value) => fields with { ValidTo = value })),
    ];

    private static readonly (int, Gen<Func<Fields, Fields>>)[] OfService =
    [
        (1, Gen.Frequency(
            (1, Set(Time, (fields, value) => fields with { CreatedAt = value })),
            (1, Set(Time, (fields, value) => fields with { UpdatedAt = value })),
            (1, Set(Time, (fields, value) => fields with { ReinforcedAt = value })))),
    ];

    private static readonly (int, Gen<Func<Fields, Fields>>)[] OfConcept =
    [
        .. OfRecord,
        (3, Set(Labels, (fields, value) => fields with { Labels = value })),
        (3, Set(Contents, (fields, value) => fields with { Content = value })),
        (1, Set(Gen.Elements("", "text/plain", "x"), (fields, value) => fields with { MediaType = value })),
        (1, Set(Vector, (fields, value) => fields with { Vector = value })),
        (2, Set(Expiries, (fields, value) => fields with { ExpiresAt = value })),
    ];

    private static readonly (int, Gen<Func<Fields, Fields>>)[] OfLists =
    [
        (2, Set(Labels, (fields, value) => fields with { AddLabels = value })),
        (2, Set(Labels, (fields, value) => fields with { RemoveLabels = value })),
        (4, Set(Items, (fields, value) => fields with { AddItems = value })),
        (3, Set(Items, (fields, value) => fields with { RemoveItems = value })),
        (2, Set(RemovedNames, (fields, value) => fields with { RemoveAttributes = value })),
        (2, Set(RemovedMembers, (fields, value) => fields with { RemoveMembers = value })),
    ];

    public static readonly Gen<Fields> OfPut = Some([.. OfConcept, .. OfService]);

    public static readonly Gen<Fields> OfPatch = Some([.. OfConcept, .. OfLists]);

    public static readonly Gen<Fields> OfAssociate = Some([.. OfRecord, .. OfService]);

    /// <summary>Of a patch, but only what touches attributes.</summary>
    public static readonly Gen<Fields> OfAttributes = Some([OfRecord[0], .. OfLists[2..]]);

    private static Gen<Func<Fields, Fields>> Set<T>(Gen<T> value, Func<Fields, T, Fields> set) =>
        value.Select<T, Func<Fields, Fields>>(given => fields => set(fields, given));

    private static Gen<Fields> Some((int, Gen<Func<Fields, Fields>>)[] members) =>
        from setters in Generate.Several(Gen.Frequency(members), (2, 0), (5, 1), (4, 2), (3, 4), (1, 8))
        select Consistent(setters.Aggregate(Fields.None, (fields, set) => set(fields)));

    /// <summary>A member cannot be set and removed at once: the door refuses that.</summary>
    private static Fields Consistent(Fields fields)
    {
        var set = Members.None;
        set |= fields.Labels is null ? 0 : Members.Labels;
        set |= fields.Content is null ? 0 : Members.Content;
        set |= fields.MediaType is null ? 0 : Members.MediaType;
        set |= fields.Attributes is null ? 0 : Members.Attributes;
        set |= fields.Vector is null ? 0 : Members.Vector;
        set |= fields.Strength is null ? 0 : Members.Strength;
        set |= fields.Confidence is null ? 0 : Members.Confidence;
        set |= fields.ValidFrom is null ? 0 : Members.ValidFrom;
        set |= fields.ValidTo is null ? 0 : Members.ValidTo;
        set |= fields.ExpiresAt is null ? 0 : Members.ExpiresAt;
        return fields with { RemoveMembers = fields.RemoveMembers & ~set };
    }

    private static ImmutableList<NamedValue> Named(IEnumerable<string> names, IEnumerable<Value> values) =>
        names.Zip(values, (name, value) => new NamedValue(name, value)).DistinctBy(named => named.Name).ToImmutableList();
}

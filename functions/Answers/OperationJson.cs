using Cairn.Formats;
using Cairn.Model;

namespace Cairn.Functions.Answers;

/// <summary>An operation of a commit in the shape in which a request gives it; policies that are the default are left out.</summary>
internal static class OperationJson
{
    private static readonly string[] OnExistsWords = ["replace", "merge", "skip", "fail"];
    private static readonly string[] OnMissingWords = ["fail", "skip", "create"];

    public static void Write(JsonWriter json, OperationView operation)
    {
        json.WriteStartObject();
        json.WriteString("op"u8, Word(operation.Kind));
        switch (operation.Kind)
        {
            case OperationKind.Put:
                json.WriteStartObject("concept"u8);
                json.WriteString("id"u8, operation.Id);
                FieldJson.WriteMembers(json, operation.Fields);
                json.WriteEndObject();
                break;
            case OperationKind.Associate:
                json.WriteStartObject("association"u8);
                WriteName(json, operation.Association);
                FieldJson.WriteMembers(json, operation.Fields);
                json.WriteEndObject();
                break;
            case OperationKind.Patch:
                json.WriteString("id"u8, operation.Id);
                PatchJson.Write(json, operation.Fields);
                break;
            default:
                WriteTarget(json, operation);
                break;
        }

        WritePolicies(json, operation);
        json.WriteEndObject();
    }

    private static ReadOnlySpan<byte> Word(OperationKind kind) => kind switch
    {
        OperationKind.Put => "put"u8,
        OperationKind.Patch => "patch"u8,
        OperationKind.Delete => "delete"u8,
        OperationKind.Reinforce => "reinforce"u8,
        OperationKind.Associate => "associate"u8,
        OperationKind.Dissociate => "dissociate"u8,
        _ => "reinforceAssociation"u8,
    };

    private static void WriteTarget(JsonWriter json, OperationView operation)
    {
        if (operation.IsAssociation)
        {
            WriteName(json, operation.Association);
        }
        else
        {
            json.WriteString("id"u8, operation.Id);
        }

        if (operation.Kind is OperationKind.Reinforce or OperationKind.ReinforceAssociation)
        {
            json.WritePropertyName("amount"u8);
            ValueJson.WriteFloat(json, operation.Amount);
        }
    }

    private static void WriteName(JsonWriter json, AssociationName name)
    {
        json.WriteString("source"u8, name.Source);
        json.WriteString("type"u8, name.Type);
        json.WriteString("target"u8, name.Target);
        json.WriteString("key"u8, name.Key);
    }

    private static void WritePolicies(JsonWriter json, OperationView operation)
    {
        if (operation.OnExists != default)
        {
            json.WriteString("onExists"u8, OnExistsWords[(int)operation.OnExists]);
        }

        if (operation.OnMissing != default)
        {
            json.WriteString("onMissing"u8, OnMissingWords[(int)operation.OnMissing]);
        }

        if (operation.MissingEndpoints == MissingEndpoints.Imply)
        {
            json.WriteString("missingEndpoints"u8, "imply"u8);
        }
    }
}

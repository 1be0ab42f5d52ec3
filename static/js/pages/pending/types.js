/**
 * What the page of pending diagnoses works on, as the API gives it.
 *
 * @typedef {{method: string, status: string}} Basis
 * @typedef {{code: string, role: string, display: {ja: string, en: string}, granularities: string[], colour: string}} PendingLabel
 *
 * @typedef {object} PendingData
 * @property {string} annotation_id
 * @property {number} revision
 * @property {string} read_id
 * @property {string} read_url
 * @property {string} campaign_id
 * @property {{id: string, name: string, thumbnail_url: string}} image
 * @property {string | null} reader null on one's own list
 * @property {string} granularity
 * @property {string[]} labels
 * @property {{system: string, code: string, display: string} | null} coding that the label set lacks
 * @property {Basis[]} basis
 * @property {string} submitted_at
 * @property {string} due_on
 * @property {number} days_overdue
 *
 * @typedef {object} PendingCampaign
 * @property {{ja: string, en: string}} name
 * @property {string[]} methods none: all
 * @property {string[]} label_roles
 * @property {PendingLabel[]} labels
 *
 * @typedef {object} PendingList
 * @property {number} pending
 * @property {number} overdue
 * @property {string} today
 * @property {PendingData[]} rows
 * @property {Record<string, PendingCampaign>} campaigns
 * @property {string | null} next
 *
 * @typedef {object} PendingPage
 * @property {PendingList} list
 * @property {string} list_url
 * @property {number} [days]
 * @property {string} [days_url]
 *
 * @typedef {object} Told
 * @property {string} operation_id
 * @property {number} revision
 * @property {string} awaited
 * @property {string} method
 * @property {string} status
 * @property {string | null} known_on
 * @property {string | null} due_on
 * @property {string | null} due_before
 * @property {{labels: string[], basis: Basis[]}} before
 * @property {{labels: string[], basis: Basis[]}} after
 */

export {};
